export * from './body.js';
export * from './call.js';
export * from './cursor.js';
export * from './idempotency.js';
export * from './problem.js';
export * from './service.js';
