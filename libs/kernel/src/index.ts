export * from './clock.js';
export * from './cloud-event.js';
export * from './errors.js';
export * from './event.js';
export * from './failpoint.js';
export * from './ids.js';
export * from './privacy.js';
export * from './subject.js';
