export * from './bodies.js';
export * from './identity.js';
export * from './events.js';
