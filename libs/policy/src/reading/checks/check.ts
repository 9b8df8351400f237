import type { PolicyPack } from '../../pack/pack.schema.js';
import type { CrossIssueCode, PackPath } from '../issue.js';

/** Reports a mistake at a path of the pack. */
export type Report = (code: CrossIssueCode, message: string, path: PackPath) => void;

/** One rule that reads several sections. */
export type Check = (pack: PolicyPack, report: Report) => void;

/** "did you mean" is better than a bare no, and the sets are small enough to be listed. */
export function oneOf(known: Iterable<string>): string {
  const all = [...known].sort();
  return all.length > 0 ? `known: ${all.join(', ')}` : 'none is declared';
}
