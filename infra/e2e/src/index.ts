export { OfficersBrowser, type PageAnswer } from './browser.js';
export * from './heed.js';
export * from './kafka-stranger.js';
export * from './population.js';
export * from './trace-collector.js';
