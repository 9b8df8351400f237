export * from './ledger-key.js';
export * from './sequencer/sequencer.js';
export * from './sequencer/seen-heads.js';
export * from './evidence.js';
export * from './ledger.module.js';
export * from './guard/checkpoint-reader.js';
export * from './guard/ledger-guard.js';
export { LedgerReader } from './http/ledger-reader.js';
export { place, readHead, tilesOfTenant } from './tree/tree.store.js';
