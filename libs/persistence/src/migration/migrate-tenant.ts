import { failpoint } from '@heed/kernel';
import type pg from 'pg';
import { ownerRole, quoteIdent, quoteLiteral, tenantRole, tenantSchema, tenantsRole } from '../names.js';
import { applyFiles, ensureMigrationTable, inTransaction } from './apply-files.js';
import type { TenantPlan } from './plan-tenants.js';

/** Brings one tenant of one service to what its plan says, in one transaction where no file asks for its own. */
export async function migrateTenant(client: pg.Client, database: string, plan: TenantPlan, password: string | undefined, tellsApplied: boolean): Promise<void> {
  const { tenant } = plan;
  const schema = tenantSchema(tenant.id);
  await inTransaction(client, async () => {
    if (plan.entrance) await client.query(entrance(database, plan, password));
    await ensureMigrationTable(client, schema);
    const variables = { role: tenantRole(database, tenant.id), login: database };
    await applyFiles(client, plan.missing, { schema, owner: ownerRole(database), variables });
    failpoint('migrate.before-admission');
    await admit(client, plan, tellsApplied);
  });
  failpoint('migrate.tenant-admitted');
}

/** The tenant's role and schema, and who may enter: the service's login by SET ROLE, or the role by itself. */
function entrance(database: string, plan: TenantPlan, password: string | undefined): string {
  const { tenant, roleExists } = plan;
  const role = quoteIdent(tenantRole(database, tenant.id));
  const schema = quoteIdent(tenantSchema(tenant.id));
  const [owner, login, group] = [ownerRole(database), database, tenantsRole(database)].map(quoteIdent);
  const options = tenant.isolation === 'login' && password !== undefined ? `LOGIN PASSWORD ${quoteLiteral(password)}` : 'NOLOGIN PASSWORD NULL';
  const grants = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT`;
  return [
    `${roleExists ? 'ALTER' : 'CREATE'} ROLE ${role} ${options}`,
    `GRANT ${group} TO ${role}`,
    tenant.isolation === 'role' ? `GRANT ${role} TO ${login} WITH INHERIT FALSE, SET TRUE` : `REVOKE ${role} FROM ${login}`,
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
    `${grants} SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
    `${grants} USAGE ON SEQUENCES TO ${role}`,
  ].join(';\n');
}

/** Last: a running service serves the tenants that are listed, and one without its tables fails every record. */
async function admit(client: pg.Client, { tenant, applied }: TenantPlan, tellsApplied: boolean): Promise<void> {
  if (!tellsApplied) {
    const admission = 'INSERT INTO heed.tenant (id, isolation) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET isolation = $2';
    return void (await client.query(admission, [tenant.id, tenant.isolation]));
  }
  await client.query(
    `INSERT INTO heed.tenant (id, isolation, applied) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET isolation = $2, applied = $3`,
    [tenant.id, tenant.isolation, applied],
  );
}
