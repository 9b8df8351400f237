import type { Tx } from '@heed/persistence';
import type { AnswerState } from './words/words.js';

/** The changes that are shown: those that hold, the latest ones. Their history is in the receipts. */
const MOST = 4;
const LATELY_MS = 30 * 86_400_000;

export interface SentChange {
  readonly purposes: readonly string[];
  readonly on: boolean;
  readonly at: Date;
  readonly answers: readonly { readonly store: string; readonly state: AnswerState }[];
}

/** Where a person's latest changes were sent, and what the stores say. */
export async function readChanges(tx: Tx, ref: string): Promise<readonly SentChange[]> {
  const rows = await tx.query<{ kind: string; purposes: string[]; created_at: Date; targets: { store: string; state: string }[] }>(
    `SELECT d.kind, d.body->'purposes' AS purposes, d.created_at,
            coalesce((SELECT jsonb_agg(jsonb_build_object('store', t.data_store, 'state', t.state) ORDER BY t.data_store)
                        FROM dispatch_target t WHERE t.dispatch_id = d.id), '[]') AS targets
       FROM dispatch d WHERE d.ref = $1 AND d.effective AND d.kind IN ('grant', 'withdrawal') AND d.created_at > $2 ORDER BY d.id DESC LIMIT ${MOST}`,
    [ref, new Date(tx.clock.now().getTime() - LATELY_MS)],
  );
  const told = new Set<string>();
  return rows.flatMap((row) => {
    // What was changed again since is told there.
    const purposes = row.purposes.filter((purpose) => !told.has(purpose));
    for (const purpose of purposes) told.add(purpose);
    if (purposes.length === 0) return [];
    return [{ purposes, on: row.kind === 'grant', at: row.created_at, answers: row.targets.map(({ store, state }) => ({ store, state: inWords(state) })) }];
  });
}

/** A target's state as a person is told. What has failed is tried again, and what was called off had a later change to follow. */
function inWords(state: string): AnswerState {
  switch (state) {
    case 'done':
      return 'done';
    case 'nothing_found':
      return 'nothing';
    case 'superseded':
    case 'cancelled':
      return 'overtaken';
    case 'held':
    case 'escalated':
      return 'held';
    case 'failed':
    case 'refused':
    case 'overdue':
      return 'late';
    default:
      return 'waiting';
  }
}
