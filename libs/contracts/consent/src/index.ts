export * from './events.js';
export * from './internal-api.js';
export * from './links.js';
