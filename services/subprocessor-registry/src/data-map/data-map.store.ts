import type { DataStore } from '@heed/contracts-subprocessor-registry';
import type { Tx } from '@heed/persistence';
import type { Confirmations, MapOwner } from './domain/confirmation.js';
import type { RegisteredStore } from './domain/store-change.js';

export interface MapHead {
  readonly mapVersion: number;
  readonly activeVersion: number;
}

const HEAD = 'SELECT map_version, active_version FROM map_head';

export async function readHead(tx: Tx, lock: 'lock' | 'read' = 'read'): Promise<MapHead> {
  const [row] = await tx.query<{ map_version: number; active_version: number }>(lock === 'lock' ? `${HEAD} FOR UPDATE` : HEAD);
  return { mapVersion: row?.map_version ?? 0, activeVersion: row?.active_version ?? 0 };
}

export async function registeredStores(tx: Tx): Promise<ReadonlyMap<string, RegisteredStore>> {
  const rows = await tx.query<{ id: string; owner: string; definition: DataStore }>('SELECT id, owner, definition FROM data_store ORDER BY id');
  return new Map(rows.map(({ id, owner, definition }) => [id, { owner, definition }]));
}

export async function saveStores(tx: Tx, stores: readonly DataStore[], mapVersion: number, owner: string): Promise<void> {
  await tx.query(
    `INSERT INTO data_store (id, owner, definition, map_version, registered_at, changed_at)
     SELECT s->>'id', $2, s, $3, $4, $4 FROM jsonb_array_elements($1::jsonb) AS s
     ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, map_version = excluded.map_version, changed_at = excluded.changed_at`,
    [JSON.stringify(stores), owner, mapVersion, tx.clock.now()],
  );
}

export async function proposeVersion(tx: Tx, mapVersion: number, storeIds: readonly string[], by: string): Promise<void> {
  await tx.query('UPDATE map_head SET map_version = $1', [mapVersion]);
  await tx.query('INSERT INTO map_version (version, store_ids, proposed_by, proposed_at) VALUES ($1, $2, $3, $4)', [
    mapVersion,
    storeIds,
    by,
    tx.clock.now(),
  ]);
}

export async function readConfirmations(tx: Tx): Promise<Confirmations> {
  const rows = await tx.query<{ owner: MapOwner; map_version: number }>('SELECT owner, map_version FROM map_confirmation');
  return Object.fromEntries(rows.map((row) => [row.owner, row.map_version]));
}

/** Keeps the highest: a confirmation that comes late or twice changes nothing. */
export async function keepConfirmation(tx: Tx, owner: MapOwner, mapVersion: number): Promise<void> {
  await tx.query(
    `INSERT INTO map_confirmation AS c (owner, map_version, confirmed_at) VALUES ($1, $2, $3)
     ON CONFLICT (owner) DO UPDATE SET map_version = excluded.map_version, confirmed_at = excluded.confirmed_at
      WHERE c.map_version < excluded.map_version`,
    [owner, mapVersion, tx.clock.now()],
  );
}

export async function markActive(tx: Tx, mapVersion: number): Promise<void> {
  await tx.query('UPDATE map_head SET active_version = $1', [mapVersion]);
  await tx.query('UPDATE map_version SET activated_at = $2 WHERE version = $1', [mapVersion, tx.clock.now()]);
}
