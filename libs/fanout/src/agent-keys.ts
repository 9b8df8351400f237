import type { Acknowledgement } from '@heed/contracts-fanout';
import type { DataStore, PublicKey } from '@heed/contracts-subprocessor-registry';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { UNANSWERED } from './nobody.js';
import { SENDING } from './work.js';

/** A key of an agent, by the store it is for. */
const nameOf = (dataStore: string, kid: string): string => `${dataStore}/${kid}`;

/** Keys that stores' agents have signed with before, as `<store>/<kid>`: each counts for its own store alone. */
export async function formerSigningKeys(tx: Tx, acknowledgements: readonly Acknowledgement[], stores: ReadonlyMap<string, DataStore>): Promise<ReadonlyMap<string, PublicKey>> {
  const other = acknowledgements.filter(({ body, proof }) => stores.get(body.dataStore)?.agent.signingKey.kid !== proof.kid);
  if (other.length === 0) return new Map();
  const rows = await tx.query<{ data_store: string; kid: string; key: PublicKey }>(
    'SELECT data_store, kid, key FROM agent_signing_key JOIN unnest($1::text[], $2::text[]) AS a(data_store, kid) USING (data_store, kid)',
    [other.map(({ body }) => body.dataStore), other.map(({ proof }) => proof.kid)],
  );
  return new Map(rows.map((row) => [nameOf(row.data_store, row.kid), row.key]));
}

/** The keys that count no more, as `<store>/<kid>`. */
export async function revokedKeys(tx: Tx): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ data_store: string; kid: string }>('SELECT data_store, kid FROM revoked_agent_key');
  return new Set(rows.map((row) => nameOf(row.data_store, row.kid)));
}

export async function keepRevoked(tx: Tx, revoked: readonly { readonly dataStore: string; readonly kids: readonly string[]; readonly revokedAt: string }[]): Promise<void> {
  const rows = revoked.flatMap(({ dataStore, kids, revokedAt }) => kids.map((kid) => ({ dataStore, kid, revokedAt })));
  await tx.query(
    `INSERT INTO revoked_agent_key (data_store, kid, revoked_at) SELECT s, k, t FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS r(s, k, t)
     ON CONFLICT DO NOTHING`,
    [rows.map((row) => row.dataStore), rows.map((row) => row.kid), rows.map((row) => row.revokedAt)],
  );
  for (const { dataStore, kids } of revoked) tx.record({ kind: 'agent_key.revoked', data: { dataStore, kids } });
}

/** Nothing may be sealed to this store's agent until it has registered new keys. */
export const isRevoked = (store: DataStore, revoked: ReadonlySet<string>): boolean => revoked.has(nameOf(store.id, store.agent.encryptionKey.kid));
export const isRevokedKid = (dataStore: string, kid: string, revoked: ReadonlySet<string>): boolean => revoked.has(nameOf(dataStore, kid));

/** A store has new keys after its former ones were revoked: what waited for it goes out now. */
export async function sendWaitingFor(tx: Tx, stores: readonly DataStore[], revoked: ReadonlySet<string>): Promise<void> {
  const names = stores.filter((store) => [...revoked].some((name) => name.startsWith(`${store.id}/`)) && !isRevoked(store, revoked)).map((store) => store.id);
  if (names.length === 0) return;
  const now = tx.clock.now();
  const rows = await tx.query(
    `UPDATE dispatch SET send_at = $2 WHERE id IN (
       SELECT d.id FROM dispatch d WHERE d.send_at > $2 AND d.state NOT IN ('done', 'cancelled')
          AND EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND t.data_store = ANY($1) AND t.state IN ${UNANSWERED})
        ORDER BY d.id FOR NO KEY UPDATE) RETURNING 1 AS one`,
    [names, now],
  );
  if (rows.length > 0) await remind(tx, { work: SENDING, at: now });
}
