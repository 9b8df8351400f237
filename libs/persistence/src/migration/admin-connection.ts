import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';

/** How a job that may create databases and roles reaches the server; never used at run time. */
export interface AdminAccess {
  readonly adminUrl: string;
  readonly ssl?: ConnectionOptions | undefined;
}

/** A connection of the migration job: named, so that somebody who waits for it reads whose it is. */
async function openAdmin({ adminUrl, ssl }: AdminAccess, work: string, database: string | undefined): Promise<pg.Client> {
  const target = new URL(adminUrl);
  if (database !== undefined) target.pathname = `/${database}`;
  const application_name = `heed ${work} (process ${process.pid} on ${hostname()})`.slice(0, 63);
  const client = new pg.Client({ connectionString: target.href, application_name, ...(ssl ? { ssl } : {}) });
  client.on('error', () => undefined); // the statement under way fails with it; without a listener the process would end
  await client.connect();
  return client;
}

/** Runs the work on a connection of its own. */
export async function asAdmin<T>(access: AdminAccess, work: string, database: string | undefined, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openAdmin(access, work, database);
  try {
    return await run(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Takes a lock of this database for as long as the connection lives: a killed process gives it back.
 * @param onWait is told who holds it, before waiting
 */
export async function lockAlone(client: pg.Client, name: string, onWait: (holder: string) => void): Promise<void> {
  const tried = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock(hashtext($1)) AS got', [name]);
  if (tried.rows[0]?.got) return;
  onWait(await holderOf(client, name));
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
}

async function holderOf(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ name: string; since: Date }>(
    `SELECT a.application_name AS name, a.backend_start AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtext($1)::bigint`,
    [name],
  );
  const [holder] = rows;
  return holder ? `${holder.name}, since ${holder.since.toISOString()}` : 'one that has just ended';
}
