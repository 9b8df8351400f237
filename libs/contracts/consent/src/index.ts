export * from './consent-state.js';
export * from './events.js';
export * from './identity-events.js';
export * from './internal-api.js';
export * from './people-events.js';
export * from './links.js';
