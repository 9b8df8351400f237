import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable } from '../keys-unavailable.js';

/** Destroys data keys for good. Applied twice it does nothing more; a key that was never here is noted all the same. */
export async function destroyKeys(options: { readonly database: Database; readonly clock: Clock }, tenant: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await asKeysUnavailable(() =>
    options.database.query(
      `WITH destroyed AS (
         INSERT INTO destroyed_key (tenant, id, destroyed_at) SELECT DISTINCT $1::text, k, $3::timestamptz FROM unnest($2::uuid[]) AS k
         ON CONFLICT DO NOTHING RETURNING id),
       key AS (DELETE FROM data_key WHERE tenant = $1 AND id = ANY($2)),
       use AS (DELETE FROM use_key WHERE tenant = $1 AND key_id = ANY($2)),
       counted AS (SELECT count(*) AS keys FROM destroyed)
       INSERT INTO destroyed_count (tenant, keys) SELECT $1, keys FROM counted
       ON CONFLICT (tenant) DO UPDATE SET keys = destroyed_count.keys + excluded.keys`,
      [tenant, ids, options.clock.now()],
    ),
  );
}

/** How many keys of each tenant were destroyed here, ever: fewer than a service remembers where an older copy stands in its place. */
export async function countDestroyed({ database }: { readonly database: Database }): Promise<ReadonlyMap<string, number>> {
  const rows = await asKeysUnavailable(() => database.query<{ tenant: string; keys: string }>('SELECT tenant, keys FROM destroyed_count'));
  return new Map(rows.map(({ tenant, keys }) => [tenant, Number(keys)]));
}

/** The tenants of whose keys, destroyed before, not all are known to be so here: an older copy stands in this database's place. */
export async function tenantsBehind(
  { database }: { readonly database: Database },
  destroyed: readonly { readonly tenant: string; readonly keys: readonly string[] }[],
): Promise<readonly string[]> {
  const pairs = destroyed.flatMap(({ tenant, keys }) => keys.map((id) => [tenant, id] as const));
  if (pairs.length === 0) return [];
  const rows = await asKeysUnavailable(() =>
    database.query<{ tenant: string }>(
      `SELECT DISTINCT u.tenant FROM unnest($1::text[], $2::uuid[]) AS u(tenant, id)
        WHERE NOT EXISTS (SELECT 1 FROM destroyed_key d WHERE d.tenant = u.tenant AND d.id = u.id) ORDER BY 1`,
      [pairs.map(([tenant]) => tenant), pairs.map(([, id]) => id)],
    ),
  );
  return rows.map((row) => row.tenant);
}
