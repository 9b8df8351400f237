import pg from 'pg';

/** A session of its own for one piece of work: no pool, no tenant, no role of Heed's. */
export async function sessionOn<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * The rows of one statement over a session of its own: what an audit reads.
 * @example await sqlOn(databaseAt(serverUrl, 'heed_consent'), 'SELECT 1 FROM t_ajuni.subject WHERE ref = $1', [ref])
 */
export function sqlOn<R extends object>(url: string, text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
  return sessionOn(url, async (client) => (await client.query<R>(text, [...values])).rows);
}

/** The same server and login, another database. */
export function databaseAt(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
