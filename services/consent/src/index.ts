export * from './consent.config.js';
export * from './consent.service.js';
