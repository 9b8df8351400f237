export * from './append.js';
export * from './relay.js';
