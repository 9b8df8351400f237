export * from './acknowledgement.js';
export * from './commands.js';
export * from './envelope.js';
