export * from './events.js';
export * from './internal-api.js';
