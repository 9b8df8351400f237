/**
 * `@heed/policy`: policy packs as data (schema, reading with line numbers, comparing, explaining) and the clocks that
 * follow from them and from the law. Pure: only the functions named `load…` read files.
 */
export * from './pack/index.js';
