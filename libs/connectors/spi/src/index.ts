export * from './command.js';
export * from './connector.js';
export * from './evidence.js';
export * from './journal.js';
