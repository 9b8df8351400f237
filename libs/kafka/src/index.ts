export * from './batch-runner.js';
export * from './client.js';
export * from './dead-letter.js';
