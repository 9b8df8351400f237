export * from './heed.js';
export * from './population.js';
