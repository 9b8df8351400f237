import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';
import type { Tx } from './unit-of-work.js';

/** What a tenant's policy asks of its keys. */
export interface PromisedKeys {
  /** The pack's `security.keyEncryptionKey`. */
  readonly kek: string;
  /** ISO 8601 length of time after which keys are changed. */
  readonly rotation: string;
  /** The promise behind `kek`, where it is one. */
  readonly promise?: string | undefined;
}

/**
 * Notes, where the service itself may read it, what a tenant's policy asks of its keys. Call where a version of a policy
 * becomes active.
 */
export async function promiseKeys(tx: Tx, { kek, rotation, promise }: PromisedKeys): Promise<void> {
  await tx.query('INSERT INTO heed.promised_keys (id, tenant, kek, rotation, promise) VALUES ($1, $2, $3, $4, $5)', [randomUUID(), tx.tenant, kek, rotation, promise ?? null]);
}

/** What the active policy of each tenant that is served asks; none of a tenant whose policy has not come yet. */
export async function promisedKeys(database: Database): Promise<ReadonlyMap<string, PromisedKeys>> {
  const rows = await database.query<{ tenant: string; kek: string; rotation: string; promise: string | null }>(
    `SELECT DISTINCT ON (p.tenant) p.tenant, p.kek, p.rotation, p.promise
       FROM heed.promised_keys p JOIN heed.tenant t ON t.id = p.tenant AND t.state IN ('active', 'closing') ORDER BY p.tenant, p.seq DESC`,
  );
  return new Map(rows.map(({ tenant, kek, rotation, promise }) => [tenant, { kek, rotation, promise: promise ?? undefined }]));
}
