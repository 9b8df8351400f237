import { unavailable } from '@heed/kernel';
import type { Acknowledgement } from '@heed/contracts-fanout';
import type { DataStore, PublicKey } from '@heed/contracts-subprocessor-registry';
import type { Tx } from '@heed/persistence';
import type { MapSnapshot } from './targets.js';

/** @throws HeedError `data_map_not_ready` (503): without a map nobody can say who must heed */
export async function activeMap(tx: Tx): Promise<MapSnapshot> {
  // Locked, so that an activation waits for dispatches that are being opened with this version and sees them. Who waited
  // for the activation finds that its row is no longer the active one, and looks for the one that is now.
  let row: { map_version: number; stores: DataStore[] } | undefined;
  do [row] = await tx.query('SELECT map_version, stores FROM data_map WHERE active FOR SHARE');
  while (!row && (await tx.query('SELECT 1 FROM data_map WHERE active')).length > 0);
  if (!row) throw unavailable('data_map_not_ready', "The tenant's data map is not active yet; its store agents must register first.");
  return { mapVersion: row.map_version, stores: row.stores };
}

/** The newest version known, active or not: what agents' keys are checked against. */
export async function newestStores(tx: Tx): Promise<readonly DataStore[]> {
  const [row] = await tx.query<{ stores: DataStore[] }>('SELECT stores FROM data_map ORDER BY map_version DESC LIMIT 1');
  return row?.stores ?? [];
}

export async function keepProposedMap(tx: Tx, mapVersion: number, stores: readonly DataStore[]): Promise<void> {
  await tx.query(
    `WITH proposed AS (INSERT INTO data_map (map_version, stores) VALUES ($1, $2) ON CONFLICT (map_version) DO NOTHING)
     INSERT INTO agent_signing_key (data_store, kid, key)
     SELECT s->>'id', s#>>'{agent,signingKey,kid}', s#>'{agent,signingKey}' FROM jsonb_array_elements($2::jsonb) AS s ON CONFLICT DO NOTHING`,
    [mapVersion, JSON.stringify(stores)],
  );
}

/** The keys that acknowledgements were signed with, also such as were exchanged since; by key id. */
export async function signingKeys(tx: Tx, acknowledgements: readonly Acknowledgement[]): Promise<ReadonlyMap<string, PublicKey>> {
  if (acknowledgements.length === 0) return new Map();
  const rows = await tx.query<{ kid: string; key: PublicKey }>(
    `SELECT DISTINCT ON (k.kid) k.kid, k.key FROM agent_signing_key k JOIN unnest($1::text[], $2::text[]) AS a(data_store, kid) USING (data_store, kid)`,
    [acknowledgements.map(({ body }) => body.dataStore), acknowledgements.map(({ proof }) => proof.kid)],
  );
  return new Map(rows.map(({ kid, key }) => [kid, key]));
}

/** @returns the map when this call made it active, undefined when a later one already is */
export async function activateMap(tx: Tx, mapVersion: number): Promise<MapSnapshot | undefined> {
  const [newer] = await tx.query('SELECT 1 FROM data_map WHERE active AND map_version >= $1', [mapVersion]);
  if (newer) return undefined;
  await tx.query('UPDATE data_map SET active = false WHERE active');
  const [row] = await tx.query<{ stores: DataStore[] }>(
    'UPDATE data_map SET active = true WHERE map_version = $1 RETURNING stores',
    [mapVersion],
  );
  await tx.query('DELETE FROM data_map WHERE map_version < $1', [mapVersion]);
  return row ? { mapVersion, stores: row.stores } : undefined;
}
