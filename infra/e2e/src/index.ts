export { OfficersBrowser, type PageAnswer } from './browser.js';
export * from './consent-facts.js';
export * from './disclosure.js';
export * from './heed.js';
export * from './kafka-stranger.js';
export * from './left-behind.js';
export * from './mailing-list.js';
export * from './population.js';
export * from './trace-collector.js';
