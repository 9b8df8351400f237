export * from './internal-client.js';
export * from './jobs.js';
export * from './platform.module.js';
export * from './run-migration.js';
export * from './run-recovery.js';
export * from './run-service.js';
