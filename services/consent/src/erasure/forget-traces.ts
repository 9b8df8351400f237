import type { Tx } from '@heed/persistence';
import { revokeLinks } from '../link/link.store.js';

/** Deletes what leads to people beside their identifiers. That a decision of theirs was synced stays known, so that it is not taken again. */
export async function forgetTraces(tx: Tx, refs: readonly string[]): Promise<void> {
  await revokeLinks(tx, refs);
  await tx.query(`UPDATE synced_decision SET ref = '' WHERE ref = ANY($1)`, [refs]);
  await tx.query('DELETE FROM person_age WHERE ref = ANY($1)', [refs]);
}
