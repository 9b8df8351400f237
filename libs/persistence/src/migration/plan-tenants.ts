import type pg from 'pg';
import { tenantRole, tenantSchema } from '../names.js';
import type { Tenant } from '../tenants.js';
import { appliedFiles } from './apply-files.js';
import { missingFiles } from './migration-files.js';
import type { MigrationFile } from './migration-files.js';

/** What a tenant lacks in one service's database. */
export interface TenantPlan {
  readonly tenant: Tenant;
  readonly roleExists: boolean;
  /** Its role, schema and rights are to be made or made anew. */
  readonly entrance: boolean;
  readonly missing: readonly MigrationFile[];
  /** What it has when all is done: what `heed.tenant.applied` will say. */
  readonly applied: readonly string[];
}

export interface KnownTenant extends Tenant {
  readonly state: 'active' | 'closing' | 'closed' | 'dropped';
  readonly applied: readonly string[];
}

/** Tenants whose records are read at once. */
const AT_ONCE = 100;

/** False where only files of before 0010 are applied: a spec that begins from an old version. */
export async function tellsApplied(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT 1 FROM pg_attribute WHERE attrelid = 'heed.tenant'::regclass AND attname = 'applied'`);
  return rowCount === 1;
}

export async function knownTenants(client: pg.Client): Promise<readonly KnownTenant[]> {
  const applied = (await tellsApplied(client)) ? 'applied' : `ARRAY[]::text[] AS applied`;
  return (await client.query<KnownTenant>(`SELECT id, isolation, state, ${applied} FROM heed.tenant ORDER BY created_at, id`)).rows;
}

/** Of those who are served and those who are asked for: what each lacks. Whoever has everything is left out. */
export async function planTenants(
  client: pg.Client,
  database: string,
  tenants: readonly Tenant[],
  files: readonly MigrationFile[],
  known: ReadonlyMap<string, KnownTenant>,
  freshLogins: ReadonlySet<string>,
): Promise<readonly TenantPlan[]> {
  const roles = await existingRoles(client, tenants.map(({ id }) => tenantRole(database, id)));
  const plans: TenantPlan[] = [];
  for (let from = 0; from < tenants.length; from += AT_ONCE) {
    const some = tenants.slice(from, from + AT_ONCE);
    const bySchema = await appliedFiles(client, some.map(({ id }) => tenantSchema(id)));
    for (const tenant of some) {
      const before = known.get(tenant.id);
      const has = bySchema.get(tenantSchema(tenant.id)) ?? new Map<string, string>();
      const missing = missingFiles(files, has);
      const applied = [...has.keys(), ...missing.map(({ name }) => name)].sort();
      const roleExists = roles.has(tenantRole(database, tenant.id));
      const entrance = before?.isolation !== tenant.isolation || !roleExists || freshLogins.has(tenant.id);
      const told = before !== undefined && applied.every((name) => before.applied.includes(name));
      if (entrance || missing.length > 0 || !told) plans.push({ tenant, roleExists, entrance, missing, applied });
    }
  }
  return plans;
}

async function existingRoles(client: pg.Client, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [names]);
  return new Set(rows.map(({ rolname }) => rolname));
}
