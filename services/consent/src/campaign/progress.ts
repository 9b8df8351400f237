import type { Tx } from '@heed/persistence';
import { STANDS } from './question.store.js';

/** Questions by what became of them. */
export interface Progress {
  readonly toAsk: number;
  readonly asked: number;
  readonly given: number;
  readonly refused: number;
  readonly notAnswered: number;
  readonly expired: number;
  readonly skipped: { readonly askedRecently: number; readonly refused: number; readonly child: number };
}

type ProgressRow = { readonly id: string } & Readonly<
  Record<'to_ask' | 'asked' | 'given' | 'refused' | 'not_answered' | 'expired' | 'skipped_recently' | 'skipped_refused' | 'skipped_child', number>
>;

const ANSWERED = `${STANDS} IS NOT TRUE`;
const PROGRESS = `
  SELECT q.campaign_id AS id, count(*) FILTER (WHERE q.standing = 'to_ask' AND NOT (${ANSWERED}))::float8 AS to_ask,
         count(*) FILTER (WHERE q.asked_at IS NOT NULL)::float8 AS asked,
         count(*) FILTER (WHERE q.standing IN ('to_ask', 'asked') AND ${ANSWERED} AND s.state = 'given')::float8 AS given,
         count(*) FILTER (WHERE q.standing IN ('to_ask', 'asked') AND ${ANSWERED} AND s.state IN ('refused', 'withdrawn', 'objected'))::float8 AS refused,
         count(*) FILTER (WHERE q.standing = 'asked' AND NOT (${ANSWERED}))::float8 AS not_answered,
         count(*) FILTER (WHERE q.standing = 'expired')::float8 AS expired,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'asked_recently')::float8 AS skipped_recently,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'refused')::float8 AS skipped_refused,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'child')::float8 AS skipped_child
    FROM campaign_question q JOIN campaign c ON c.id = q.campaign_id JOIN subject asked ON asked.ref = q.ref
    LEFT JOIN consent_state s ON (s.ref, s.purpose, s.domain) = (coalesce(asked.person, asked.ref), q.purpose, q.domain)
   WHERE q.campaign_id = ANY($1) GROUP BY q.campaign_id`;

/** How far these campaigns are, by their ids, in one look: all zeros where nobody has been found yet. */
export async function progressOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Progress>> {
  const rows = ids.length === 0 ? [] : await tx.query<ProgressRow>(PROGRESS, [ids]);
  const found = new Map(rows.map((row) => [row.id, row]));
  return new Map(ids.map((id) => [id, progressFrom(found.get(id))]));
}

function progressFrom(row: ProgressRow | undefined): Progress {
  return {
    toAsk: row?.to_ask ?? 0, asked: row?.asked ?? 0, given: row?.given ?? 0, refused: row?.refused ?? 0, notAnswered: row?.not_answered ?? 0, expired: row?.expired ?? 0,
    skipped: { askedRecently: row?.skipped_recently ?? 0, refused: row?.skipped_refused ?? 0, child: row?.skipped_child ?? 0 },
  };
}
