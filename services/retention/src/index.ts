export * from './retention.config.js';
export * from './retention.service.js';
export * from './recovery/restore.js';
