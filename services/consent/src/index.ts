export * from './consent.config.js';
export * from './consent.service.js';
export * from './recovery/restore.js';
