import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';
import type { Tx } from './unit-of-work.js';

/**
 * Notes, where the service itself may read it, which TLS version a tenant's policy asks for: a handshake happens before
 * anybody knows the tenant, so a listener keeps to the strictest of all. Call where a version of a policy becomes active.
 * @param tlsMin the pack's `security.tlsMin`
 */
export async function promiseTls(tx: Tx, tlsMin: string): Promise<void> {
  await tx.query('INSERT INTO heed.promised_tls (id, tenant, tls_min) VALUES ($1, $2, $3)', [randomUUID(), tx.tenant, tlsMin]);
}

/** The newest TLS version that the active policy of a tenant that is served asks for; undefined while there is none. */
export async function strictestPromised(database: Database): Promise<string | undefined> {
  const [row] = await database.query<{ tls_min: string | null }>(
    `SELECT max(tls_min) AS tls_min FROM (
       SELECT DISTINCT ON (p.tenant) p.tls_min FROM heed.promised_tls p JOIN heed.tenant t ON t.id = p.tenant AND t.state IN ('active', 'closing')
       ORDER BY p.tenant, p.seq DESC) AS active`,
  );
  return row?.tls_min ?? undefined;
}
