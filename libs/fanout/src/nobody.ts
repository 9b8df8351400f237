import type { Tx } from '@heed/persistence';
import { answeredForReplay } from './replay-vault.js';
import type { Sealed } from './types.js';

/** Answered, one way or another: not asked again. */
export const UNANSWERED = `('pending', 'overdue', 'escalated')`;

/**
 * Ends what can be said to nobody, and says so: the stores that have not answered cannot be told whom it is about any more.
 * `nothing_found` where no such person was ever known; `cancelled` where they were erased since, for what a store still
 * answers to an earlier delivery takes its place.
 * @returns the dispatches that ended so
 */
export async function endForNobody(tx: Tx, dispatchIds: readonly string[], sealed: ReadonlyMap<string, Sealed>): Promise<readonly string[]> {
  const nobody = dispatchIds.filter((id) => sealed.get(id)?.envelope === null);
  if (nobody.length === 0) return [];
  const rows = await tx.query<{ dispatch_id: string; data_store: string; state: string; reason: string; ref: string }>(
    `UPDATE dispatch_target t SET state = CASE WHEN n.erased THEN 'cancelled' ELSE 'nothing_found' END,
            reason = CASE WHEN n.erased THEN 'person_erased' ELSE 'person_unknown' END, acknowledged_at = $3
       FROM unnest($1::text[], $2::boolean[]) AS n(id, erased) JOIN dispatch d ON d.id = n.id
      WHERE t.dispatch_id = n.id AND t.state IN ${UNANSWERED} RETURNING t.dispatch_id, t.data_store, t.state, t.reason, d.ref`,
    [nobody, nobody.map((id) => sealed.get(id)?.erased ?? false), tx.clock.now()],
  );
  await answeredForReplay(tx, rows.map((row) => ({ dispatchId: row.dispatch_id, dataStore: row.data_store })));
  for (const { dispatch_id: dispatchId, data_store: dataStore, state, reason, ref } of rows) {
    tx.record({ kind: `target.${state}`, ref, data: { dispatchId, dataStore, reason } });
  }
  return nobody;
}
