export * from './dispatch.controller.js';
export * from './deadlines.js';
export * from './fanout.js';
export * from './migrations.js';
export * from './sender.js';
export * from './targets.js';
export * from './types.js';
export { activeMap, newestStores } from './data-map.store.js';
