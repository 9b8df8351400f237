import type { Tx } from '@heed/persistence';
import { isNo } from '../consent-record/decision.js';
import type { Decision, NoticeShown } from '../consent-record/decision.js';
import type { PresentState } from '../consent-record/consent-record.store.js';

/** What a carried decision takes along from the record that it was made as. */
export interface Original {
  readonly notice: (NoticeShown & { readonly hash: string }) | undefined;
  readonly jurisdiction: string | undefined;
  readonly basis: string | null;
}

interface OriginalRow {
  readonly id: string;
  readonly notice_id: string | null;
  readonly notice_version: string | null;
  readonly notice_language: string | null;
  readonly notice_hash: string | null;
  readonly jurisdiction: string | null;
  readonly basis: string | null;
}

export async function originalsOf(tx: Tx, states: readonly PresentState[]): Promise<ReadonlyMap<string, Original>> {
  if (states.length === 0) return new Map();
  const rows = await tx.query<OriginalRow>(
    `SELECT id, notice_id, notice_version, notice_language, notice_hash, jurisdiction, basis FROM consent_record WHERE ref = ANY($1) AND id = ANY($2)`,
    [[...new Set(states.map(({ ref }) => ref))], states.map(({ recordId }) => recordId)],
  );
  return new Map(
    rows.map((row) => {
      const { notice_id: id, notice_version: version, notice_language: language, notice_hash: hash } = row;
      const notice = id && version && language && hash ? { id, version, language, hash } : undefined;
      return [row.id, { notice, jurisdiction: row.jurisdiction ?? undefined, basis: row.basis }];
    }),
  );
}

/** What one ref had decided by itself up to a version, as the register has it. */
export async function decidedUpTo(tx: Tx, ref: string, version: number): Promise<readonly PresentState[]> {
  const rows = await tx.query<PresentState & { readonly version: number }>(
    `SELECT DISTINCT ON (purpose, domain) ref, purpose, domain, CASE state WHEN 'renewed_given' THEN 'given' ELSE state END AS state, id AS "recordId",
            CASE WHEN state IN ('given', 'renewed_given') THEN occurred_at ELSE recorded_at END AS "occurredAt", valid_until AS "validUntil",
            notice_id AS "noticeId", notice_version AS "noticeVersion", version::int
       FROM consent_record WHERE ref = $1 AND version <= $2 AND took_effect ORDER BY purpose, domain, consent_record.version DESC, id DESC`,
    [ref, version],
  );
  const everywhere = new Map(rows.flatMap((row) => (row.domain === '' ? [[row.purpose, row]] : [])));
  return rows.map((row) => {
    const no = everywhere.get(row.purpose);
    // A no that was said without naming a domain was meant for all of them.
    return no && isNo(no.state) && no.version > row.version ? { ...no, domain: row.domain } : row;
  });
}

/** The purposes and domains that a no, or the end of a yes, was recorded for after a version. */
export async function endedSince(tx: Tx, ref: string, version: number): Promise<(purpose: string, domain: string) => boolean> {
  const rows = await tx.query<{ purpose: string; domain: string; state: Decision }>(
    `SELECT DISTINCT purpose, domain, state FROM consent_record
      WHERE ref = $1 AND version > $2 AND took_effect AND state IN ('refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated')`,
    [ref, version],
  );
  return (purpose, domain) => rows.some((row) => row.purpose === purpose && (row.domain === domain || (row.domain === '' && isNo(row.state))));
}
