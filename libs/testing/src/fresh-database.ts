import { randomBytes } from 'node:crypto';
import { sqlOn } from './sql-on.js';
import { testServers } from './test-servers.js';

export interface FreshDatabase {
  readonly name: string;
  /** Superuser URL of this database. */
  readonly url: string;
  /** Ends open sessions and drops it; the server is thrown away anyway, so this is for specs that make many. */
  drop(): Promise<void>;
}

/**
 * An empty database that no other spec file knows.
 *
 * @example const database = await freshDatabase();
 */
export async function freshDatabase(serverUrl: string = testServers().postgresUrl): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => run(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function run(connectionString: string, sql: string): Promise<void> {
  await sqlOn(connectionString, sql);
}
