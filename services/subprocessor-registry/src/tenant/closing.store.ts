import { uuidv7 } from '@heed/kernel';
import { RAISED, sqlState, tenantClosed } from '@heed/persistence';
import type { Tx } from '@heed/persistence';

/** The decision that counts. */
export interface Closing {
  /** Null where the tenant is kept. */
  readonly drop_after: Date | null;
  readonly decided_by: string;
  readonly decided_at: Date;
}

export async function newestDecision(tx: Tx): Promise<Closing | undefined> {
  const [row] = await tx.query<Closing>('SELECT drop_after, decided_by, decided_at FROM tenant_closing ORDER BY decided_at DESC, id DESC LIMIT 1');
  return row;
}

/**
 * Under the lock of the policies. Dated later than the decision before it, also by a clock that was set back: what was
 * decided last is what the list of tenants has, and has to count here too.
 * @throws HeedError `tenant_closed` where the sweep was quicker: the list of tenants takes no decision about such a one
 */
export async function insertDecision(tx: Tx, dropAfter: Date | null, by: string): Promise<void> {
  const before = (await newestDecision(tx))?.decided_at.getTime() ?? -Infinity;
  const decidedAt = new Date(Math.max(tx.clock.now().getTime(), before + 1));
  try {
    await tx.query('INSERT INTO tenant_closing (id, drop_after, decided_by, decided_at) VALUES ($1, $2, $3, $4)', [uuidv7(decidedAt), dropAfter, by, decidedAt]);
  } catch (error) {
    throw sqlState(error) === RAISED ? tenantClosed() : error;
  }
}
