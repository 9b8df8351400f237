export { changeInWords } from './change-in-words.js';
export { diffPacks, type PackChange, type PackDiff } from './diff-packs.js';
export { explainPack, sourcedEntries, unusedPromises, type SourcedEntry } from './explain-pack.js';
