import pg from 'pg';
import { crmSchema, TELEMETRY_SCHEMA } from './schema.js';
import { storeAdminUrl, storeDatabase } from './urls.js';
import type { SampleStore } from './urls.js';

export interface SampleStoresOptions {
  /** Superuser URL of the server. */
  readonly adminUrl: string;
  readonly tenants: readonly string[];
  /** Password of the stores' login roles. */
  readonly password: string;
}

/**
 * Makes the databases, tables and login roles of every tenant's crm and telemetry. Idempotent.
 * @example await prepareSampleStores({ adminUrl: postgres.url, tenants: ['ajuni'], password })
 */
export async function prepareSampleStores(options: SampleStoresOptions): Promise<void> {
  for (const tenant of options.tenants) {
    for (const store of STORES) await prepareStore(options, store, tenant);
  }
}

/** Drops a tenant's crm and telemetry, whoever still uses them. Idempotent. */
export async function dropSampleStores(adminUrl: string, tenant: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (const name of STORES.map((store) => storeDatabase(store, tenant))) {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.query(`DROP ROLE IF EXISTS ${name}`);
    }
  });
}

/** Which of a tenant's stores are there. */
export async function sampleStoresLeft(adminUrl: string, tenant: string): Promise<readonly string[]> {
  const names = STORES.map((store) => storeDatabase(store, tenant));
  let left: readonly string[] = [];
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT datname AS name FROM pg_database WHERE datname = ANY($1) UNION SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [names]);
    left = rows.map(({ name }) => `sample store ${name}`);
  });
  return left;
}

const STORES = ['crm', 'telemetry'] as const;

async function prepareStore(options: SampleStoresOptions, store: SampleStore, tenant: string): Promise<void> {
  const name = storeDatabase(store, tenant);
  await withClient(options.adminUrl, async (client) => {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
    await client.query(`${role.rowCount ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(options.password)}`);
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!database.rowCount) await client.query(`CREATE DATABASE ${name}`);
    await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${name}`);
  });
  await withClient(storeAdminUrl(options.adminUrl, store, tenant), async (client) => {
    await client.query(store === 'crm' ? crmSchema(tenant) : TELEMETRY_SCHEMA);
    await client.query(`CREATE SCHEMA IF NOT EXISTS heed_agent AUTHORIZATION ${name}`);
    await client.query(`GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name}`);
  });
}

async function withClient(connectionString: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined); // the server went away; the query says so
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
