import type { Tx } from '@heed/persistence';
import { isMaterialNoticeChange, noticeHash } from '@heed/policy';
import type { ConsentNotice } from '@heed/policy';

export interface NoticeInPolicy {
  readonly policyVersion: number;
  readonly effectiveFrom: Date;
  readonly notice: ConsentNotice;
}

/** A notice in every version of the policy that has it, oldest first. */
export const noticeHistory = (tx: Tx, id: string): Promise<readonly NoticeInPolicy[]> =>
  tx.query<NoticeInPolicy>(
    `SELECT p.version AS "policyVersion", p.effective_from AS "effectiveFrom", n AS notice
       FROM policy_version p CROSS JOIN LATERAL jsonb_array_elements(p.pack #> '{notices,consent}') n WHERE n->>'id' = $1 ORDER BY p.version`,
    [id],
  );

/**
 * The versions of a notice whose consent must be asked for again under another one: those that agreed to less.
 * @see isMaterialNoticeChange for the rule
 */
export function olderVersions(history: readonly NoticeInPolicy[], next: ConsentNotice): readonly string[] {
  const former = history.filter(({ notice }) => notice.version !== next.version && isMaterialNoticeChange(notice, next));
  return [...new Set(former.map(({ notice }) => notice.version))];
}

/** The words of a notice with their fingerprints, as records are bound to them. */
export function textsOf(notice: ConsentNotice): readonly { readonly language: string; readonly text: string; readonly hash: string }[] {
  return Object.entries(notice.texts).map(([language, text]) => ({ language, text, hash: noticeHash(notice, language) ?? '' }));
}
