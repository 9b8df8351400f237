import path from 'node:path';
import type { KekProvider } from '@heed/crypto';
import { appliedFiles, applyFiles, asAdmin, ensureMigrationTable, filesOf, inTransaction, lockAlone, missingFiles, quoteIdent, quoteLiteral } from '@heed/persistence';
import type { AdminAccess, MigrationFile } from '@heed/persistence';
import type pg from 'pg';
import { keySchema, keysLogin, keysOwner, SHARED_KEYS } from './names.js';

const filesIn = (folder: string): readonly MigrationFile[] =>
  filesOf([{ name: 'key-store', scope: 'service', dir: path.join(import.meta.dirname, '../../migrations', folder) }], 'service');

export interface KeyMigration extends AdminAccess {
  readonly service: string;
  /** The keys database; `heed_keys` where it has its server to itself. */
  readonly database: string;
  /** Of the service's login; without one the role must be there and keeps what it has. */
  readonly password: string | undefined;
  /** Those that are served. */
  readonly tenants: readonly string[];
  readonly kek: KekProvider;
  readonly progress: (line: string) => void;
}

/**
 * Makes the keys database, the service's schema and login there, and every tenant's key-encryption key; what is there
 * stays. A service's login may use its own schema and connect to nothing else of Heed's.
 * @throws Error where keys are there whose key-encryption key is not: a new one would not open them
 */
export async function migrateKeys(migration: KeyMigration): Promise<void> {
  const { service, database, tenants, kek } = migration;
  await ensureKeysDatabase(migration);
  await asAdmin(migration, `keys of ${service}`, database, async (client) => {
    await lockAlone(client, 'heed.keys.migrate', (holder) => migration.progress(`${service}: waits for another migration: ${holder}`));
    const [schema, login] = [keySchema(service), keysLogin(database, service)];
    await bringUp(client, SHARED_KEYS, login, migration, filesIn('kek'));
    await client.query(`GRANT SELECT, INSERT, UPDATE ON ${SHARED_KEYS}.kek TO ${quoteIdent(login)}`);
    await bringUp(client, schema, login, migration, filesIn('service'));
    await client.query(`ALTER ROLE ${quoteIdent(login)} IN DATABASE ${quoteIdent(database)} SET search_path = ${quoteIdent(schema)}`);
    const { rows } = await client.query<{ tenant: string }>(`SELECT DISTINCT tenant FROM ${quoteIdent(schema)}.intermediate_key`);
    const withKeys = new Set(rows.map((row) => row.tenant));
    for (const tenant of tenants) {
      if (withKeys.has(tenant) && (await kek.current(tenant)) === undefined) {
        throw new Error(`${service} has keys of ${tenant}, whose key-encryption key is gone: put it back, or nothing of theirs can be read.`);
      }
      await kek.ensure(tenant);
      await client.query(`INSERT INTO ${SHARED_KEYS}.kek (tenant, version, rotated_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, [
        tenant,
        await kek.current(tenant),
        new Date(),
      ]);
    }
  });
  migration.progress(`${service}: keys ready, ${tenants.length} tenants`);
}

/** A schema of the keys database with its tables, which the login may use as its files say. */
async function bringUp(client: pg.Client, schema: string, login: string, { database }: KeyMigration, files: readonly MigrationFile[]): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(schema)} AUTHORIZATION ${quoteIdent(keysOwner(database))}`);
  await client.query(`GRANT USAGE ON SCHEMA ${quoteIdent(schema)} TO ${quoteIdent(login)}`);
  await ensureMigrationTable(client, schema);
  const missing = missingFiles(files, (await appliedFiles(client, [schema])).get(schema) ?? new Map());
  await inTransaction(client, () => applyFiles(client, missing, { schema, owner: keysOwner(database), variables: { login } }));
}

async function ensureKeysDatabase(migration: KeyMigration): Promise<void> {
  const { database, service, password } = migration;
  const [owner, login] = [keysOwner(database), keysLogin(database, service)];
  await asAdmin(migration, 'keys database creation', undefined, async (server) => {
    // One at a time on the whole server: two services' jobs may both make the database and its owner.
    await server.query(`SELECT pg_advisory_lock(hashtext('heed.create-database'))`);
    const has = async (text: string, name: string): Promise<boolean> => (await server.query(text, [name])).rowCount === 1;
    const hasRole = (role: string): Promise<boolean> => has('SELECT 1 FROM pg_roles WHERE rolname = $1', role);
    if (!(await hasRole(owner))) await server.query(`CREATE ROLE ${quoteIdent(owner)} NOLOGIN`);
    const known = await hasRole(login);
    if (password === undefined && !known) throw new Error(`There is no role ${login} yet: set HEED_KEYS_DATABASE_PASSWORD to the password it shall have.`);
    if (password !== undefined) await server.query(`${known ? 'ALTER' : 'CREATE'} ROLE ${quoteIdent(login)} LOGIN NOINHERIT PASSWORD ${quoteLiteral(password)}`);
    const there = await has('SELECT 1 FROM pg_database WHERE datname = $1', database);
    if (!there) await server.query(`CREATE DATABASE ${quoteIdent(database)} OWNER ${quoteIdent(owner)}`);
    await server.query(`REVOKE ALL ON DATABASE ${quoteIdent(database)} FROM PUBLIC`);
    await server.query(`GRANT CONNECT ON DATABASE ${quoteIdent(database)} TO ${quoteIdent(login)}`);
  });
}
