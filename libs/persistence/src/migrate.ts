import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { databaseName, ownerRole, quoteIdent, quoteLiteral, SHARED_SCHEMA, tenantRole, tenantSchema, tenantsRole } from './names.js';
import { loginsFile, readLogins } from './tenants.js';
import type { Tenant } from './tenants.js';

/** A folder of `NNNN_name.sql` files, applied in order; a published file is never edited. */
export interface MigrationSet {
  readonly name: string;
  readonly scope: 'service' | 'tenant';
  readonly dir: string;
}

export interface MigrateOptions {
  readonly service: string;
  /** Another name than the service's usual one, for tests that share a server. */
  readonly database?: string;
  /** URL of a role that may create databases and roles; used by this job alone, never at run time. */
  readonly adminUrl: string;
  /** Password of the service's login role. */
  readonly password: string;
  readonly tenants: readonly Tenant[];
  readonly keysDir: string;
  readonly sets: readonly MigrationSet[];
  readonly progress: (line: string) => void;
}

const here = import.meta.dirname;
/** The tables that every service has: tenants, outbox, inbox; ledger rows and idempotency per tenant. */
export const persistenceMigrations: readonly MigrationSet[] = [
  { name: 'persistence', scope: 'service', dir: path.join(here, '../migrations/service') },
  { name: 'persistence', scope: 'tenant', dir: path.join(here, '../migrations/tenant') },
];

/**
 * Brings a service's database, roles, shared tables and every tenant's schema to the present version. Idempotent: each
 * file is one transaction with its own record, so a killed run goes on where it stopped; an advisory lock keeps two apart.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const database = options.database ?? databaseName(options.service);
  const server = await open(options.adminUrl);
  try {
    await createDatabase(server, database, options.password);
  } finally {
    await server.end();
  }
  const url = new URL(options.adminUrl);
  url.pathname = `/${database}`;
  const client = await open(url.toString());
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('heed.migrate'))`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${SHARED_SCHEMA} AUTHORIZATION ${quoteIdent(ownerRole(database))}`);
    await client.query(
      `GRANT USAGE ON SCHEMA ${SHARED_SCHEMA} TO ${quoteIdent(database)}, ${quoteIdent(tenantsRole(database))}`,
    );
    const shared = options.sets.filter((set) => set.scope === 'service');
    const perTenant = options.sets.filter((set) => set.scope === 'tenant');
    await applySets(client, SHARED_SCHEMA, shared, { login: database, tenants: tenantsRole(database) }, ownerRole(database));
    await createInboxDays(client, database);
    const logins = await prepareLogins(options, database);
    for (const [index, tenant] of options.tenants.entries()) {
      await createTenant(client, database, tenant, logins[tenant.id]);
      const role = tenantRole(database, tenant.id);
      const applied = await applySets(client, tenantSchema(tenant.id), perTenant, { role, login: database }, ownerRole(database));
      await admitTenant(client, tenant);
      if (applied > 0) options.progress(`${options.service}: tenant ${tenant.id} (${index + 1}/${options.tenants.length}), ${applied} migrations`);
    }
    options.progress(`${options.service}: ready, ${options.tenants.length} tenants`);
  } finally {
    await client.end();
  }
}

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function createDatabase(server: pg.Client, database: string, password: string): Promise<void> {
  await server.query(`SELECT pg_advisory_lock(hashtext('heed.create-database'))`);
  await ensureRole(server, ownerRole(database), 'NOLOGIN');
  await ensureRole(server, tenantsRole(database), 'NOLOGIN');
  await ensureRole(server, database, `LOGIN NOINHERIT PASSWORD ${quoteLiteral(password)}`);
  const found = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (found.rowCount === 0) await server.query(`CREATE DATABASE ${quoteIdent(database)} OWNER ${quoteIdent(ownerRole(database))}`);
  await server.query(`REVOKE ALL ON DATABASE ${quoteIdent(database)} FROM PUBLIC`);
  await server.query(`GRANT CONNECT ON DATABASE ${quoteIdent(database)} TO ${quoteIdent(database)}`);
}

async function ensureRole(client: pg.Client, role: string, options: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  await client.query(`${found.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${quoteIdent(role)} ${options}`);
}

async function createTenant(client: pg.Client, database: string, tenant: Tenant, password: string | undefined): Promise<void> {
  const known = await client.query('SELECT 1 FROM heed.tenant WHERE id = $1 AND isolation = $2', [tenant.id, tenant.isolation]);
  if (known.rowCount === 1) return;
  const role = quoteIdent(tenantRole(database, tenant.id));
  const schema = quoteIdent(tenantSchema(tenant.id));
  const owner = quoteIdent(ownerRole(database));
  await ensureRole(client, tenantRole(database, tenant.id), password ? `LOGIN PASSWORD ${quoteLiteral(password)}` : 'NOLOGIN');
  await client.query('BEGIN');
  await client.query(`GRANT ${quoteIdent(tenantsRole(database))} TO ${role}`);
  if (tenant.isolation === 'role') await client.query(`GRANT ${role} TO ${quoteIdent(database)} WITH INHERIT FALSE, SET TRUE`);
  else await client.query(`GRANT CONNECT ON DATABASE ${quoteIdent(database)} TO ${role}`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`);
  await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`);
  await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT USAGE ON SEQUENCES TO ${role}`);
  await client.query('COMMIT');
}

/** Last: a running service serves the tenants that are listed, and one without its tables fails every record. */
async function admitTenant(client: pg.Client, tenant: Tenant): Promise<void> {
  await client.query(
    `INSERT INTO heed.tenant (id, isolation) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET isolation = $2 WHERE tenant.isolation <> $2`,
    [tenant.id, tenant.isolation],
  );
}

async function applySets(
  client: pg.Client,
  schema: string,
  sets: readonly MigrationSet[],
  variables: Readonly<Record<string, string>>,
  owner: string,
): Promise<number> {
  const quoted = quoteIdent(schema);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${quoted}.migration (set text, file text, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (set, file))`,
  );
  const done = await client.query<{ set: string; file: string; hash: string }>(`SELECT set, file, hash FROM ${quoted}.migration`);
  const applied = new Map(done.rows.map((row) => [`${row.set}/${row.file}`, row.hash]));
  let count = 0;
  for (const set of sets) {
    for (const file of (await readdir(set.dir)).filter((name) => name.endsWith('.sql')).sort()) {
      const sql = await readFile(path.join(set.dir, file), 'utf8');
      const hash = createHash('sha256').update(sql).digest('hex');
      const before = applied.get(`${set.name}/${file}`);
      if (before === hash) continue;
      if (before) throw new Error(`Migration ${set.name}/${file} was edited after it was applied; add a new file instead.`);
      const filled = sql.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
        const value = variables[name];
        if (!value) throw new Error(`Migration ${set.name}/${file} uses the unknown variable ${name}.`);
        return quoteIdent(value);
      });
      await client.query(`BEGIN; SET LOCAL ROLE ${quoteIdent(owner)}; SET LOCAL search_path = ${quoted}`);
      try {
        await client.query(filled);
        await client.query('RESET ROLE');
        await client.query(`INSERT INTO ${quoted}.migration (set, file, hash) VALUES ($1, $2, $3)`, [set.name, file, hash]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw new Error(`Migration ${set.name}/${file} failed in ${schema}: ${error instanceof Error ? error.message : 'unknown'}`, { cause: error });
      }
      count += 1;
    }
  }
  return count;
}

/** Days a handled event is remembered: topic retention (7 d) plus the dead-letter window (14 d), and some. */
const INBOX_DAYS = 30;

/** Makes the coming days' partitions and drops those past the window. */
export async function createInboxDays(client: pg.Client, database: string, today = new Date()): Promise<void> {
  const owner = quoteIdent(ownerRole(database));
  const day = (offset: number): string => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
  for (let offset = -1; offset <= INBOX_DAYS; offset += 1) {
    const name = quoteIdent(`inbox_${day(offset).replaceAll('-', '')}`);
    const exists = await client.query('SELECT to_regclass($1) AS found', [`heed.${name}`]);
    if ((exists.rows[0] as { found: string | null }).found) continue;
    // Where this job has not run for long, the day's rows lie in the default partition and move over.
    const range = `day >= ${quoteLiteral(day(offset))} AND day < ${quoteLiteral(day(offset + 1))}`;
    await client.query(`
      BEGIN;
      LOCK TABLE heed.inbox_rest IN ACCESS EXCLUSIVE MODE;
      CREATE TABLE heed.${name} (LIKE heed.inbox INCLUDING ALL);
      ALTER TABLE heed.${name} OWNER TO ${owner};
      WITH moved AS (DELETE FROM heed.inbox_rest WHERE ${range} RETURNING *) INSERT INTO heed.${name} SELECT * FROM moved;
      ALTER TABLE heed.inbox ATTACH PARTITION heed.${name} FOR VALUES FROM (${quoteLiteral(day(offset))}) TO (${quoteLiteral(day(offset + 1))});
      COMMIT`);
  }
  const old = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'heed'::regnamespace AND relname ~ '^inbox_[0-9]{8}$' AND relname < $1`,
    [`inbox_${day(-INBOX_DAYS).replaceAll('-', '')}`],
  );
  for (const { name } of old.rows) await client.query(`DROP TABLE heed.${quoteIdent(name)}`);
  await client.query(`DELETE FROM heed.inbox_rest WHERE day < $1`, [day(-INBOX_DAYS)]);
}

async function prepareLogins(options: MigrateOptions, database: string): Promise<Readonly<Record<string, string>>> {
  const logins: Record<string, string> = { ...(await readLogins(options.keysDir, database)) };
  const missing = options.tenants.filter((tenant) => tenant.isolation === 'login' && !logins[tenant.id]);
  if (missing.length === 0) return logins;
  for (const tenant of missing) logins[tenant.id] = randomBytes(24).toString('base64url');
  await mkdir(options.keysDir, { recursive: true, mode: 0o700 });
  const file = loginsFile(options.keysDir, database);
  await writeFile(`${file}.new`, JSON.stringify(logins), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return logins;
}
