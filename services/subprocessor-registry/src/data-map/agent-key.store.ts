import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { conflict } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { readHead } from './data-map.store.js';

/** A pair of keys that an agent registered for a store. */
export interface AgentKeyRow {
  readonly signing_kid: string;
  readonly encryption_kid: string;
  readonly valid_from: Date;
  readonly valid_until: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
}

/**
 * Notes which keys count for stores from now on.
 * @throws HeedError `agent_key_revoked`: a key that was revoked does not come back
 */
export async function keepAgentKeys(tx: Tx, stores: readonly DataStore[]): Promise<void> {
  const now = tx.clock.now();
  const pairs = [
    stores.map((store) => store.id),
    stores.map((store) => store.agent.signingKey.kid),
    stores.map((store) => store.agent.encryptionKey.kid),
  ];
  const [revoked] = await tx.query<{ data_store: string }>(
    `SELECT n.data_store FROM agent_key k JOIN unnest($1::text[], $2::text[], $3::text[]) AS n(data_store, signing, encryption)
         ON k.signing_kid = n.signing OR k.encryption_kid = n.encryption WHERE k.revoked_at IS NOT NULL`,
    pairs,
  );
  if (revoked) throw conflict('agent_key_revoked', `A key of the store ${revoked.data_store} was revoked: its agent must make new ones.`);
  await tx.query(
    `UPDATE agent_key k SET valid_until = $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS n(data_store, signing, encryption)
      WHERE k.data_store = n.data_store AND k.valid_until IS NULL AND (k.signing_kid <> n.signing OR k.encryption_kid <> n.encryption)`,
    [...pairs, now],
  );
  await tx.query(
    `INSERT INTO agent_key (data_store, signing_kid, encryption_kid, valid_from) SELECT s, g, e, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS n(s, g, e)
     ON CONFLICT (data_store, signing_kid, encryption_kid) DO UPDATE SET valid_until = NULL`,
    [...pairs, now],
  );
}

/** Newest first. */
export function agentKeysOf(tx: Tx, dataStore: string): Promise<readonly AgentKeyRow[]> {
  return tx.query<AgentKeyRow>(
    `SELECT signing_kid, encryption_kid, valid_from, valid_until, revoked_at, revoked_by FROM agent_key WHERE data_store = $1
      ORDER BY valid_from DESC, signing_kid`,
    [dataStore],
  );
}

/**
 * Revokes the pairs that the key belongs to, for every store of the tenant: an agent serves all of its stores with one pair.
 * @returns the ids of their keys by store; none where they were revoked before, undefined where the store never had such a key
 */
export async function revokePairs(tx: Tx, dataStore: string, kid: string, by: string): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  await readHead(tx, 'lock'); // nobody registers them for another store meanwhile
  const [known] = await tx.query('SELECT 1 FROM agent_key WHERE data_store = $1 AND $2 IN (signing_kid, encryption_kid)', [dataStore, kid]);
  if (!known) return undefined;
  const rows = await tx.query<AgentKeyRow & { readonly data_store: string }>(
    `UPDATE agent_key SET revoked_at = $2, revoked_by = $3 WHERE $1 IN (signing_kid, encryption_kid) AND revoked_at IS NULL
     RETURNING data_store, signing_kid, encryption_kid`,
    [kid, tx.clock.now(), by],
  );
  const byStore = Map.groupBy(rows, (row) => row.data_store);
  return new Map([...byStore].map(([store, own]) => [store, [...new Set(own.flatMap((row) => [row.signing_kid, row.encryption_kid]))]]));
}
