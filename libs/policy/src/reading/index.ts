export { canonicalPack, packHash } from './canonical.js';
export { formatPackIssue, toPointer, type CrossIssueCode, type PackIssue, type PackIssueCode } from './issue.js';
export { parsePack, type ParsedPack } from './parse-pack.js';
