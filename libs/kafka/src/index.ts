export * from './batch-runner.js';
export * from './client.js';
export * from './consumes.js';
export * from './dead-letter.js';
export * from './event-consumer.js';
export * from './topics.js';
export * from './transport.js';
export * from './dead-letter-queue.js';
