export * from './data-map.js';
export * from './events.js';
