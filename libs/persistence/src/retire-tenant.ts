import type pg from 'pg';
import { MIGRATION_LOCK } from './migrate.js';
import { asAdmin, lockAlone } from './migration/admin-connection.js';
import type { AdminAccess } from './migration/admin-connection.js';
import { forgetLogin } from './migration/tenant-logins.js';
import { quoteIdent, tenantRole, tenantSchema } from './names.js';
import { readLogins } from './tenants.js';

/** One service's database, and where the passwords of its tenants lie. */
export interface TenantSite extends AdminAccess {
  readonly database: string;
  readonly keysDir: string;
}

/** So long a statement waits for a transaction of the tenant that is still under way. */
const LOCK_TIMEOUT = '10s';
const PATIENCE = 6;

/**
 * From now on the tenant is served no more; instances hear of it within `TENANT_LIST_MAX_AGE_MS`. There is no way back.
 * @param dueAt only where its time has come by then: somebody may have kept it a moment ago
 * @returns whether it is closed now, or more than that
 */
export async function closeTenant(site: TenantSite, tenant: string, dueAt?: Date): Promise<boolean> {
  return asAdmin(site, `closing of ${tenant}`, site.database, async (client) => {
    await client.query(
      `UPDATE heed.tenant SET state = 'closed' WHERE id = $1 AND state IN ('active', 'closing') AND ($2::timestamptz IS NULL OR drop_after <= $2)`,
      [tenant, dueAt ?? null],
    );
    const { rowCount } = await client.query(`SELECT 1 FROM heed.tenant WHERE id = $1 AND state IN ('active', 'closing')`, [tenant]);
    return rowCount === 0;
  });
}

/**
 * Drops a closed tenant's sessions, schema, rows in shared tables, role and password. Every step looks at what is there, so
 * that it goes on after a kill; it never runs beside a migration, which would make again what goes.
 */
export async function dropTenant(site: TenantSite, tenant: string): Promise<void> {
  await asAdmin(site, `drop of ${tenant}`, site.database, async (client) => {
    await lockAlone(client, MIGRATION_LOCK, () => undefined);
    await endSessions(client, site.database, tenant);
    await dropSchema(client, tenant);
    for (const [table, condition] of await sharedTables(client)) await client.query(`DELETE FROM ${table} WHERE ${condition}`, [tenant]);
    await dropRole(client, tenantRole(site.database, tenant));
    // Under the lock too: the file is everybody's, and a migration may be about to write another's password into it.
    await forgetLogin(site.keysDir, site.database, tenant);
  });
}

/** The last thing that is said of a tenant: its id is not given to another. */
export async function buryTenant(site: TenantSite, tenant: string): Promise<void> {
  await asAdmin(site, `drop of ${tenant}`, site.database, async (client) => {
    await client.query(`UPDATE heed.tenant SET state = 'dropped', applied = '{}' WHERE id = $1 AND state = 'closed'`, [tenant]);
  });
}

/** What is left of a tenant, read from the catalogue, the shared tables and the key folder: nothing, after `dropTenant`. */
export async function tenantLeft(site: TenantSite, tenant: string): Promise<readonly string[]> {
  const role = tenantRole(site.database, tenant);
  const found = await asAdmin(site, `look for ${tenant}`, site.database, async (client) => {
    const { rows } = await client.query<{ what: string }>(
      `SELECT 'schema ' || nspname AS what FROM pg_namespace WHERE nspname = $1
       UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname = $2
       UNION ALL SELECT 'session of ' || usename FROM pg_stat_activity WHERE usename = $2`,
      [tenantSchema(tenant), role],
    );
    const left = rows.map(({ what }) => what);
    for (const [table, condition] of await sharedTables(client)) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${table} WHERE ${condition}`, [tenant]);
      if (rowCount) left.push(`${rowCount} rows in ${table}`);
    }
    return left;
  });
  const password = tenant in (await readLogins(site.keysDir, site.database)) ? [`password of ${role}`] : [];
  return [...found, ...password].map((what) => `${what} (${site.database})`);
}

async function endSessions(client: pg.Client, database: string, tenant: string): Promise<void> {
  const role = tenantRole(database, tenant);
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) return;
  await client.query(`ALTER ROLE ${quoteIdent(role)} NOLOGIN PASSWORD NULL; REVOKE ${quoteIdent(role)} FROM ${quoteIdent(database)}`);
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
}

/** Waits for a transaction that is still in it, now and then letting through whoever has queued up behind. */
async function dropSchema(client: pg.Client, tenant: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'; DROP SCHEMA IF EXISTS ${quoteIdent(tenantSchema(tenant))} CASCADE; RESET lock_timeout`);
      return;
    } catch (error) {
      if (tries === PATIENCE || !(error instanceof Error && 'code' in error && error.code === '55P03')) throw error;
    }
  }
}

async function dropRole(client: pg.Client, role: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount) await client.query(`DROP OWNED BY ${quoteIdent(role)}; DROP ROLE ${quoteIdent(role)}`);
}

/**
 * Where rows of a tenant lie beside those of others: every shared table with a column `tenant`, so that a new one is covered
 * by itself, and the outbox. The inbox knows ids of events alone, and forgets them after a month.
 */
async function sharedTables(client: pg.Client): Promise<readonly (readonly [table: string, condition: string])[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'heed'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'tenant' AND NOT a.attisdropped`,
  );
  return [...rows.map(({ name }) => [`heed.${quoteIdent(name)}`, 'tenant = $1'] as const), ['heed.outbox', `headers->>'ce_tenantid' = $1`]];
}
