export * from './consent-write.js';
