export * from './bodies.js';
export * from './events.js';
