/**
 * `@heed/policy`: policy packs as data (schema, reading with line numbers, comparing, explaining) and the clocks that
 * follow from them and from the law. Pure: only `loadSamplePack` and `loadPromises` read files.
 */
export * from './pack/index.js';
export * from './legal/index.js';
export * from './clocks/index.js';
export * from './reading/index.js';
export * from './comparing/index.js';
export * from './files/index.js';
