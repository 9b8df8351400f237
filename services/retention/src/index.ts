export * from './retention.config.js';
export * from './retention.service.js';
