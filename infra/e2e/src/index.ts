export * from './heed.js';
