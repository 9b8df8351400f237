import type pg from 'pg';
import { applyFiles, appliedFiles, ensureMigrationTable, inTransaction } from './migration/apply-files.js';
import { asAdmin, lockAlone } from './migration/admin-connection.js';
import type { AdminAccess } from './migration/admin-connection.js';
import { createInboxDays } from './migration/inbox-days.js';
import { migrateTenant } from './migration/migrate-tenant.js';
import { filesOf, missingFiles } from './migration/migration-files.js';
import type { MigrationFile, MigrationSet } from './migration/migration-files.js';
import { knownTenants, planTenants, tellsApplied } from './migration/plan-tenants.js';
import type { KnownTenant } from './migration/plan-tenants.js';
import { counting } from './migration/progress.js';
import type { Progress } from './migration/progress.js';
import { ensureDatabase, ensureSharedSchema } from './migration/service-database.js';
import { prepareLogins } from './migration/tenant-logins.js';
import { databaseName, ownerRole, quoteIdent, SHARED_SCHEMA, tenantsRole } from './names.js';
import type { Tenant } from './tenants.js';

export interface MigrateOptions extends AdminAccess {
  readonly service: string;
  /** Another name than the service's usual one, for tests that share a server. */
  readonly database?: string;
  /** Password of the service's login role; without one the role must be there and keeps what it has. */
  readonly password: string | undefined;
  /** Added to those that the database knows. */
  readonly tenants: readonly Tenant[];
  readonly keysDir: string;
  readonly sets: readonly MigrationSet[];
  /** Also what takes away what the version before still used; default false. */
  readonly contract?: boolean;
  /** Tenants that are worked on at the same time; default 2. */
  readonly parallel?: number;
  readonly progress: (line: string) => void;
  /** Called after each tenant that lacked something. */
  readonly onTenant?: (progress: Progress) => void;
}

export const MIGRATION_LOCK = 'heed.migrate';
/** Held shared by every worker: a killed run's last statement may outlive it by a moment, and the next run waits for it. */
const WORKER_LOCK = 'heed.migrate.worker';

/**
 * Brings a service's database, roles, shared tables and every tenant's schema to the present version. Idempotent, and never
 * two at once; a killed run goes on where it stopped, for what a tenant lacks is read from its own records.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const database = options.database ?? databaseName(options.service);
  await ensureDatabase(options, database, options.password);
  await asAdmin(options, `migration of ${options.service}`, database, async (client) => {
    const waits = (holder: string): void => options.progress(`${options.service}: waits for another migration: ${holder}`);
    await lockAlone(client, MIGRATION_LOCK, waits);
    await lockAlone(client, WORKER_LOCK, () => undefined);
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [WORKER_LOCK]);
    const wanted = (file: MigrationFile): boolean => options.contract === true || !file.contract;
    await migrateShared(client, database, filesOf(options.sets, 'service').filter(wanted), options);
    const total = await migrateTenants(client, database, filesOf(options.sets, 'tenant').filter(wanted), options);
    options.progress(`${options.service}: ready, ${total} tenants`);
  });
}

async function migrateShared(client: pg.Client, database: string, files: readonly MigrationFile[], options: MigrateOptions): Promise<void> {
  await ensureSharedSchema(client, database);
  await ensureMigrationTable(client, SHARED_SCHEMA);
  // A service compares this with the files it ships with: see SchemaCheck.
  await client.query(`GRANT SELECT ON ${SHARED_SCHEMA}.migration TO ${quoteIdent(database)}`);
  const missing = missingFiles(files, (await appliedFiles(client, [SHARED_SCHEMA])).get(SHARED_SCHEMA) ?? new Map());
  const place = { schema: SHARED_SCHEMA, owner: ownerRole(database), variables: { login: database, tenants: tenantsRole(database) } };
  // These tables are in use: each file holds its locks for itself alone.
  for (const file of missing) await inTransaction(client, () => applyFiles(client, [file], place));
  if (missing.length > 0) options.progress(`${options.service}: shared tables, ${missing.length} migrations`);
  await createInboxDays(client, database);
}

async function migrateTenants(client: pg.Client, database: string, files: readonly MigrationFile[], options: MigrateOptions): Promise<number> {
  const known = new Map((await knownTenants(client)).map((tenant) => [tenant.id, tenant]));
  const tenants = tenantsToServe(known, options);
  const logins = await prepareLogins(options.keysDir, database, tenants);
  const plans = await planTenants(client, database, tenants, files, known, logins.fresh);
  const tells = await tellsApplied(client);
  const count = counting(plans.length, options.onTenant ?? (() => undefined));
  const queue = plans.values();
  const worker = (): Promise<void> =>
    asAdmin(options, `migration of ${options.service}`, database, async (own) => {
      await own.query('SELECT pg_advisory_lock_shared(hashtext($1))', [WORKER_LOCK]);
      for (const plan of queue) {
        await migrateTenant(own, database, plan, logins.passwords[plan.tenant.id], tells);
        if (plans.length <= FEW) options.progress(`${options.service}: tenant ${plan.tenant.id}, ${plan.missing.length} migrations`);
        count();
      }
    });
  const workers = Array.from({ length: Math.min(plans.length, options.parallel ?? 2) }, worker);
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return tenants.length;
}

/** Up to so many tenants are named one by one. */
const FEW = 20;

/** Whoever is being dropped, or was, is left alone: the job must not make again what a sweep takes away. */
function tenantsToServe(known: ReadonlyMap<string, KnownTenant>, options: MigrateOptions): readonly Tenant[] {
  const asked = new Map(options.tenants.map((tenant) => [tenant.id, tenant]));
  const served = new Map<string, Tenant>([...known, ...asked]);
  for (const { id, state } of known.values()) {
    if (state === 'active' || state === 'closing') continue;
    served.delete(id);
    if (asked.has(id)) options.progress(`${options.service}: tenant ${id} is ${state} and is not made again: take it off HEED_TENANTS`);
  }
  return [...served.values()].map(({ id, isolation }) => ({ id, isolation }));
}
