import { failpoint } from '@heed/kernel';
import { lookAtDue } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';
import { SHREDS } from './shred-list.js';

const BATCH = 500;

interface Shredded {
  readonly key_id: string;
  readonly ref: string | null;
}

/** Destroys in the keys database what was ordered destroyed. Killed anywhere it goes on: destroying twice does nothing more. */
export class ShredKeys {
  constructor(private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly vault: FieldVault }) {}

  /** @throws HeedError `keys_unavailable`: what is left is tried again */
  async run(): Promise<void> {
    while (await lookAtDue(this.deps.database, SHREDS, async (tenant) => (await this.shredSome(tenant)) === BATCH));
  }

  private async shredSome(tenant: string): Promise<number> {
    const { unitOfWork, vault } = this.deps;
    const open = await unitOfWork.run(tenant, (tx) =>
      tx.query<Shredded>(`SELECT key_id, ref FROM key_shred WHERE done_at IS NULL ORDER BY ordered_at LIMIT ${BATCH}`),
    );
    if (open.length === 0) return 0;
    const ids = open.map((row) => row.key_id);
    await vault.destroy(tenant, ids);
    failpoint('keys.shred.before-done');
    await unitOfWork.run(tenant, (tx) => markDone(tx, ids));
    return open.length;
  }
}

async function markDone(tx: Tx, ids: readonly string[]): Promise<void> {
  const now = tx.clock.now();
  const rows = await tx.query<Shredded>(
    `UPDATE key_shred SET done_at = $2 WHERE key_id IN (SELECT key_id FROM key_shred WHERE key_id = ANY($1) AND done_at IS NULL ORDER BY key_id FOR UPDATE)
     RETURNING key_id, ref`,
    [ids, now],
  );
  if (rows.length === 0) return; // another instance was first
  await tx.query('INSERT INTO heed.key_shred_done (tenant, done_at, key_id) SELECT $1, $2, k FROM unnest($3::uuid[]) AS k', [
    tx.tenant,
    now,
    rows.map((row) => row.key_id),
  ]);
  for (const [ref, own] of Map.groupBy(rows, (row) => row.ref)) {
    tx.record({ kind: 'key.destroyed', ...(ref ? { ref } : {}), data: { keys: own.map((row) => row.key_id) } });
  }
}
