import type { Tx } from '@heed/persistence';

/**
 * Every transaction that moves dispatches or their targets takes the dispatches first, in the order of their ids: then two
 * of them may wait for each other, but never both at once, and the later one sees what the earlier did to the targets.
 */
export async function lockDispatches(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query('SELECT 1 FROM dispatch WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', [ids]);
}
