export { changeInWords } from './change-in-words.js';
export { diffPacks, type PackChange, type PackDiff } from './diff-packs.js';
export { explainPack, sourcedEntries, unusedPromises, type SourcedEntry } from './explain-pack.js';
export { isMaterialNoticeChange, rewordedNotices, type RewordedNotice } from './notices.js';
