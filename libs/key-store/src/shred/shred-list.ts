import path from 'node:path';
import { remind } from '@heed/persistence';
import type { MigrationSet, Tx } from '@heed/persistence';

/** Why keys go, and whose they are. */
export interface ShredOrder {
  readonly keyIds: readonly string[];
  readonly ref?: string;
  /** Stable, e.g. `person_erased`. */
  readonly reason: string;
}

/** What the job is reminded of. */
export const SHREDS = 'key-shreds';
/** Why a key goes whose rows were sealed anew under a younger one. */
export const REPLACED = 'rotated';

const folder = path.join(import.meta.dirname, '../../migrations/shred');

/** The tables of a service that destroys keys. */
export const keyShredMigrations: readonly MigrationSet[] = [
  { name: 'key-shred', scope: 'service', dir: path.join(folder, 'service') },
  { name: 'key-shred', scope: 'tenant', dir: path.join(folder, 'tenant') },
];

/**
 * Orders keys destroyed, in the transaction in which what they sealed goes: from the commit on it is certain to happen, and
 * the ledger says so.
 * @example await orderShreds(tx, [{ keyIds, ref, reason: 'person_erased' }])
 */
export async function orderShreds(tx: Tx, orders: readonly ShredOrder[]): Promise<void> {
  const rows = orders.flatMap(({ keyIds, ref, reason }) => [...new Set(keyIds)].map((id) => ({ id, ref: ref ?? null, reason })));
  if (rows.length === 0) return;
  const now = tx.clock.now();
  await tx.query(
    `INSERT INTO key_shred (key_id, ref, reason, ordered_at) SELECT i, r, w, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS o(i, r, w)
      ORDER BY i ON CONFLICT DO NOTHING`,
    [rows.map((row) => row.id), rows.map((row) => row.ref), rows.map((row) => row.reason), now],
  );
  for (const { keyIds, ref, reason } of orders) {
    if (keyIds.length > 0) tx.record({ kind: 'key.shred_ordered', ...(ref ? { ref } : {}), data: { keys: [...new Set(keyIds)], reason } });
  }
  await remind(tx, { work: SHREDS, at: now });
}
