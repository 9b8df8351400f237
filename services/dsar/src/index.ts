export * from './deadline/missed-deadlines.job.js';
export * from './dsar.config.js';
export * from './dsar.service.js';
export * from './recovery/restore.js';
