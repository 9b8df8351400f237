import { uuidv7 } from '@heed/kernel';
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

export async function insertDecision(tx: Tx, dropAfter: Date | null, by: string): Promise<void> {
  const now = tx.clock.now();
  await tx.query('INSERT INTO tenant_closing (id, drop_after, decided_by, decided_at) VALUES ($1, $2, $3, $4)', [uuidv7(now), dropAfter, by, now]);
}
