import { randomBytes } from 'node:crypto';
import { unwrapUnder, wrapUnder } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { keysUnavailable } from '../keys-unavailable.js';
import { TenantRing } from './tenant-ring.js';
import type { IndexState } from './tenant-ring.js';
import { indexAad, intermediateAad } from './wrapping.js';

export interface RingSource {
  readonly service: string;
  readonly database: Database;
  readonly kek: KekProvider;
  readonly clock: Clock;
}

interface IntermediateRow {
  readonly epoch: number;
  readonly kek_version: number;
  readonly wrapped: Buffer;
}
interface IndexRow {
  readonly epoch: number;
  readonly ik_epoch: number;
  readonly wrapped: Buffer;
  readonly state: IndexState;
}

/** Reads a tenant's ring and has the provider unwrap it; the service's first keys of a tenant are made here. */
export async function loadRing(source: RingSource, tenant: string): Promise<TenantRing> {
  const provenAt = source.clock.now().getTime(); // what is asked from now on is what counts
  let intermediate = await intermediateRows(source, tenant);
  if (intermediate.length === 0) {
    await makeFirstKeys(source, tenant);
    intermediate = await intermediateRows(source, tenant);
    if (intermediate.length === 0) throw keysUnavailable(`No keys are made for ${tenant}: it was dropped.`);
  }
  const keys = new Map<number, Buffer>();
  for (const { epoch, kek_version: version, wrapped } of intermediate) {
    keys.set(epoch, await source.kek.unwrap(tenant, { version, bytes: wrapped }, intermediateAad(source.service, tenant, epoch)));
  }
  const rows = await source.database.query<IndexRow>('SELECT epoch, ik_epoch, wrapped, state FROM index_key WHERE tenant = $1', [tenant]);
  const indexKeys = rows.map(({ epoch, ik_epoch: under, wrapped, state }) => {
    const outer = keys.get(under);
    if (!outer) throw keysUnavailable(`The keys of ${tenant} are just being changed; try again.`);
    return { epoch, state, key: unwrapUnder(outer, wrapped, indexAad(source.service, tenant, epoch)) };
  });
  return new TenantRing(source.service, tenant, keys, indexKeys, provenAt);
}

function intermediateRows({ database }: RingSource, tenant: string): Promise<readonly IntermediateRow[]> {
  return database.query<IntermediateRow>('SELECT epoch, kek_version, wrapped FROM intermediate_key WHERE tenant = $1', [tenant]);
}

/** In one statement: of two instances that come at once, one makes both and the other reads them. */
async function makeFirstKeys({ service, database, kek, clock }: RingSource, tenant: string): Promise<void> {
  const [intermediate, index] = [randomBytes(32), randomBytes(32)];
  const wrapped = await kek.wrap(tenant, intermediate, intermediateAad(service, tenant, 1));
  await database.query(
    `WITH first AS (
       INSERT INTO intermediate_key (tenant, epoch, kek_version, wrapped, created_at)
       SELECT $1::text, 1, $2::int, $3::bytea, $5::timestamptz WHERE NOT EXISTS (SELECT 1 FROM dropped_tenant WHERE tenant = $1)
       ON CONFLICT DO NOTHING RETURNING tenant)
     INSERT INTO index_key (tenant, epoch, ik_epoch, wrapped, state, created_at)
     SELECT tenant, 1, 1, $4::bytea, 'current', $5::timestamptz FROM first`,
    [tenant, wrapped.version, wrapped.bytes, wrapUnder(intermediate, index, indexAad(service, tenant, 1)), clock.now()],
  );
}
