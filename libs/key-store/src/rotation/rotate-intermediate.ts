import { randomBytes } from 'node:crypto';
import { failpoint, NIL_UUID } from '@heed/kernel';
import type pg from 'pg';
import { asKeysUnavailable } from '../keys-unavailable.js';
import type { StoredKey, TenantRing } from '../ring/tenant-ring.js';
import { indexAad, intermediateAad } from '../ring/wrapping.js';
import type { FieldVault } from '../vault/field-vault.js';
import { RotationLog } from './rotation-log.js';
import type { Rotation } from './rotation-log.js';

const BATCH = 1000;

/**
 * Gives a tenant's keys in this service a new intermediate key: the epoch first, then what is wrapped under older ones batch
 * by batch, and at last those are deleted. Calls are served all the while; killed, it goes on behind the last batch.
 * @returns the epoch
 */
export async function rotateIntermediate(vault: FieldVault, rotation: Rotation): Promise<number> {
  const { tenant } = rotation;
  const log = new RotationLog(vault.options);
  const epoch = rotation.step === null ? await beginEpoch(vault, tenant, log) : Number(rotation.step.split('/')[0]);
  for (let after = rotation.step?.split('/')[1] ?? NIL_UUID; ; after = NIL_UUID) {
    const ring = await vault.rings.reload(tenant);
    if (ring.epoch < epoch) continue; // of a look that was under way before the epoch began
    await rewrapIndexKeys(vault, ring);
    await rewrapDataKeys(vault, ring, after, log);
    // Instances that had not heard of the epoch have gone on under the old one meanwhile: until none is left.
    if (await endEpochsBefore(vault, tenant, epoch)) break;
  }
  failpoint('keys.epochs-ended');
  await vault.rings.reload(tenant);
  return epoch;
}

async function beginEpoch({ options: { database, kek, clock, service } }: FieldVault, tenant: string, log: RotationLog): Promise<number> {
  const [newest] = await asKeysUnavailable(() => database.query<{ epoch: number }>('SELECT max(epoch) AS epoch FROM intermediate_key WHERE tenant = $1', [tenant]));
  const epoch = (newest?.epoch ?? 0) + 1;
  const wrapped = await asKeysUnavailable(() => kek.wrap(tenant, randomBytes(32), intermediateAad(service, tenant, epoch)));
  // With its note in one statement: killed before it, there is neither; after it, no second epoch is begun.
  await database.query(
    `WITH begun AS (
       INSERT INTO intermediate_key (tenant, epoch, kek_version, wrapped, created_at)
       SELECT $1::text, $2::int, $3::int, $4::bytea, $5::timestamptz WHERE NOT EXISTS (SELECT 1 FROM dropped_tenant WHERE tenant = $1)
       RETURNING epoch)
     UPDATE rotation SET step = begun.epoch || '/', total = (SELECT count(*) FROM data_key WHERE tenant = $1)
       FROM begun WHERE tenant = $1 AND level = 'ik' AND finished_at IS NULL`,
    [tenant, epoch, wrapped.version, wrapped.bytes, clock.now()],
  );
  await log.advance(tenant, 'ik', { step: `${epoch}/${NIL_UUID}` });
  failpoint('keys.epoch-begun');
  return epoch;
}

async function rewrapIndexKeys({ options: { database, service } }: FieldVault, ring: TenantRing): Promise<void> {
  const { tenant, epoch } = ring;
  const rows = await database.query<{ epoch: number; ik_epoch: number; wrapped: Buffer }>(
    'SELECT epoch, ik_epoch, wrapped FROM index_key WHERE tenant = $1 AND ik_epoch < $2',
    [tenant, epoch],
  );
  for (const { epoch: of, ik_epoch: under, wrapped } of rows) {
    const aad = indexAad(service, tenant, of);
    const fresh = ring.wrapOther(ring.unwrapOther(under, wrapped, aad), aad);
    await database.query('UPDATE index_key SET ik_epoch = $3, wrapped = $4 WHERE tenant = $1 AND epoch = $2 AND ik_epoch = $5', [tenant, of, epoch, fresh, under]);
  }
}

async function rewrapDataKeys({ options: { database } }: FieldVault, ring: TenantRing, from: string, log: RotationLog): Promise<void> {
  const { tenant, epoch } = ring;
  for (let after = from === '' ? NIL_UUID : from; ; ) {
    const rows = await asKeysUnavailable(() =>
      database.query<StoredKey>('SELECT id, epoch, wrapped FROM data_key WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3', [tenant, after, BATCH]),
    );
    const last = rows.at(-1);
    if (!last) return;
    const fresh = rows.filter((row) => row.epoch < epoch).map((row) => ring.rewrap(row));
    // Deleted meanwhile, a key stays deleted: nothing is inserted here.
    await database.query(
      `UPDATE data_key d SET epoch = $2, wrapped = f.wrapped FROM unnest($3::uuid[], $4::bytea[]) AS f(id, wrapped) WHERE d.tenant = $1 AND d.id = f.id AND d.epoch < $2`,
      [tenant, epoch, fresh.map((row) => row.id), fresh.map((row) => row.wrapped)],
    );
    after = last.id;
    await log.advance(tenant, 'ik', { step: `${epoch}/${after}`, by: fresh.length });
    failpoint('keys.data-rewrapped');
  }
}

/** Deletes older epochs where nothing is wrapped under them any more: the lock waits for keys that are just being stored. */
async function endEpochsBefore({ options: { database } }: FieldVault, tenant: string, epoch: number): Promise<boolean> {
  const ending = async (client: pg.ClientBase): Promise<boolean> => {
    await client.query('SELECT 1 FROM intermediate_key WHERE tenant = $1 AND epoch < $2 FOR UPDATE', [tenant, epoch]);
    const { rowCount } = await client.query('SELECT 1 FROM data_key WHERE tenant = $1 AND epoch < $2 LIMIT 1', [tenant, epoch]);
    const left = rowCount !== 0 || (await client.query('SELECT 1 FROM index_key WHERE tenant = $1 AND ik_epoch < $2', [tenant, epoch])).rowCount !== 0;
    if (!left) await client.query('DELETE FROM intermediate_key WHERE tenant = $1 AND epoch < $2', [tenant, epoch]);
    return !left;
  };
  return asKeysUnavailable(() => database.transaction(ending));
}

