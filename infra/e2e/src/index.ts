export * from './heed.js';
export * from './population.js';
export * from './trace-collector.js';
