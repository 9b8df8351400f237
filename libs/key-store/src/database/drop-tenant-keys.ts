import type { KekProvider } from '@heed/crypto';
import { asAdmin, lockAlone, quoteIdent } from '@heed/persistence';
import type { AdminAccess } from '@heed/persistence';
import type pg from 'pg';
import { SHARED_KEYS } from './names.js';
import { serviceSchemas } from './service-schemas.js';

/** Where keys of tenants lie. */
export interface KeySite {
  readonly access: AdminAccess;
  /** The keys database. */
  readonly database: string;
  readonly kek: KekProvider;
}

/** Tables of a service with a column `tenant`, but for the tombstones. */
const TABLES = ['data_key', 'use_key', 'index_key', 'index_check', 'intermediate_key', 'destroyed_key', 'destroyed_count', 'rotation'];

/**
 * Destroys every key of a tenant: first what the services have, with a tombstone so that none is made again, then the
 * key-encryption key, without which no copy of the keys database opens anything of theirs. Can be run again.
 */
export async function dropTenantKeys({ access, database, kek }: KeySite, tenant: string): Promise<void> {
  await asAdmin(access, `drop of the keys of ${tenant}`, database, async (client) => {
    await lockAlone(client, 'heed.keys.migrate', () => undefined);
    for (const schema of await schemas(client)) {
      await client.query(`INSERT INTO ${schema}.dropped_tenant (tenant) VALUES ($1) ON CONFLICT DO NOTHING`, [tenant]);
      for (const table of TABLES) await client.query(`DELETE FROM ${schema}.${table} WHERE tenant = $1`, [tenant]);
    }
    await client.query(`DELETE FROM ${SHARED_KEYS}.kek WHERE tenant = $1`, [tenant]);
  });
  await kek.destroy(tenant);
}

/** What is left of a tenant's keys: nothing, after `dropTenantKeys`. */
export async function tenantKeysLeft({ access, database, kek }: KeySite, tenant: string): Promise<readonly string[]> {
  const left = await asAdmin(access, `look for the keys of ${tenant}`, database, async (client) => {
    const found: string[] = [];
    const tables = (await schemas(client)).flatMap((schema) => TABLES.map((table) => `${schema}.${table}`));
    for (const table of [...tables, `${SHARED_KEYS}.kek`]) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${table} WHERE tenant = $1`, [tenant]);
      if (rowCount) found.push(`${rowCount} rows in ${table.replaceAll('"', '')} (${database})`);
    }
    return found;
  });
  const version = await kek.current(tenant);
  return version === undefined ? left : [...left, `key-encryption key of ${tenant}, version ${version}`];
}

/** The services' schemas, quoted. */
async function schemas(client: pg.Client): Promise<readonly string[]> {
  return (await serviceSchemas(client)).map(({ schema }) => quoteIdent(schema));
}
