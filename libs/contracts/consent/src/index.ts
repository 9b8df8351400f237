export * from './consent-state.js';
export * from './events.js';
export * from './internal-api.js';
export * from './links.js';
export * from './people-events.js';
