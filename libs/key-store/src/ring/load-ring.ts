import { randomBytes } from 'node:crypto';
import { unwrapUnder, wrapUnder } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { checkOf, noteInKeys } from '../check/index-checks.js';
import type { KeyChecks } from '../check/key-checks.js';
import { keysMissing } from '../check/keys-missing.js';
import { keysUnavailable } from '../keys-unavailable.js';
import { TenantRing } from './tenant-ring.js';
import type { IndexState } from './tenant-ring.js';
import { indexAad, intermediateAad } from './wrapping.js';

export interface RingSource {
  readonly service: string;
  readonly database: Database;
  readonly kek: KekProvider;
  readonly clock: Clock;
  /** What the service remembers of its keys; without it any keys do. */
  readonly checks?: KeyChecks | undefined;
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
  readonly noted: Buffer | null;
}

/** Reads a tenant's ring and has the provider unwrap it; the service's first keys of a tenant are made here. */
export async function loadRing(source: RingSource, tenant: string): Promise<TenantRing> {
  const provenAt = source.clock.now().getTime(); // what is asked from now on is what counts
  let intermediate = await intermediateRows(source, tenant);
  if (intermediate.length === 0) {
    const memory = await source.checks?.compare(tenant);
    if (memory?.hasKeys) throw keysMissing(tenant);
    await makeFirstKeys(source, tenant, (memory?.newest ?? 0) + 1);
    intermediate = await intermediateRows(source, tenant);
    if (intermediate.length === 0) throw keysUnavailable(`No keys are made for ${tenant}: it was dropped.`);
  }
  const keys = new Map<number, Buffer>();
  for (const { epoch, kek_version: version, wrapped } of intermediate) {
    keys.set(epoch, await source.kek.unwrap(tenant, { version, bytes: wrapped }, intermediateAad(source.service, tenant, epoch)));
  }
  const rows = await source.database.query<IndexRow>(
    'SELECT epoch, ik_epoch, wrapped, state, value AS noted FROM index_key LEFT JOIN index_check USING (tenant, epoch) WHERE tenant = $1',
    [tenant],
  );
  const indexKeys = rows.map(({ epoch, ik_epoch: under, wrapped, state }) => {
    const outer = keys.get(under);
    if (!outer) throw keysUnavailable(`The keys of ${tenant} are just being changed; try again.`);
    return { epoch, state, key: unwrapUnder(outer, wrapped, indexAad(source.service, tenant, epoch)) };
  });
  await settle(source, tenant, rows, indexKeys);
  return new TenantRing(source.service, tenant, keys, indexKeys, provenAt);
}

/** In the keys database first: what a service remembers was always noted there before. */
async function settle({ database, checks }: RingSource, tenant: string, rows: readonly IndexRow[], keys: readonly { epoch: number; key: Buffer }[]): Promise<void> {
  const values = keys.map(({ epoch, key }) => checkOf(epoch, key));
  await noteInKeys(database, tenant, values.filter((_, i) => !rows[i]?.noted));
  if (rows.some(({ noted }, i) => noted && !values[i]?.value.equals(noted))) throw keysMissing(tenant);
  await checks?.settle(tenant, values);
}

function intermediateRows({ database }: RingSource, tenant: string): Promise<readonly IntermediateRow[]> {
  return database.query<IntermediateRow>('SELECT epoch, kek_version, wrapped FROM intermediate_key WHERE tenant = $1', [tenant]);
}

/** In one statement: of two instances that come at once, one makes both and the other reads them. */
async function makeFirstKeys({ service, database, kek, clock }: RingSource, tenant: string, indexEpoch: number): Promise<void> {
  const [intermediate, index] = [randomBytes(32), randomBytes(32)];
  const wrapped = await kek.wrap(tenant, intermediate, intermediateAad(service, tenant, 1));
  await database.query(
    `WITH first AS (
       INSERT INTO intermediate_key (tenant, epoch, kek_version, wrapped, created_at)
       SELECT $1::text, 1, $2::int, $3::bytea, $5::timestamptz WHERE NOT EXISTS (SELECT 1 FROM dropped_tenant WHERE tenant = $1)
       ON CONFLICT DO NOTHING RETURNING tenant),
     index AS (
       INSERT INTO index_key (tenant, epoch, ik_epoch, wrapped, state, created_at)
       SELECT tenant, $6::int, 1, $4::bytea, 'current', $5::timestamptz FROM first RETURNING tenant, epoch)
     INSERT INTO index_check (tenant, epoch, value) SELECT tenant, epoch, $7::bytea FROM index`,
    [
      tenant,
      wrapped.version,
      wrapped.bytes,
      wrapUnder(intermediate, index, indexAad(service, tenant, indexEpoch)),
      clock.now(),
      indexEpoch,
      checkOf(indexEpoch, index).value,
    ],
  );
}
