import type pg from 'pg';
import { ownerRole, quoteIdent, quoteLiteral, SHARED_SCHEMA, tenantsRole } from '../names.js';
import { asAdmin } from './admin-connection.js';
import type { AdminAccess } from './admin-connection.js';

/** Makes a service's database and its roles where they are missing. */
export async function ensureDatabase(access: AdminAccess, database: string, password: string | undefined): Promise<void> {
  await asAdmin(access, 'database creation', undefined, async (server) => {
    // One at a time on the whole server: two services' jobs may both make roles.
    await server.query(`SELECT pg_advisory_lock(hashtext('heed.create-database'))`);
    await ensureRole(server, ownerRole(database), 'NOLOGIN');
    await ensureRole(server, tenantsRole(database), 'NOLOGIN');
    await ensureLogin(server, database, password);
    const found = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await server.query(`CREATE DATABASE ${quoteIdent(database)} OWNER ${quoteIdent(ownerRole(database))}`);
    await server.query(`REVOKE ALL ON DATABASE ${quoteIdent(database)} FROM PUBLIC`);
    // Tenants with a login of their own connect by the right of their group: a right each would be a longer row with each.
    await server.query(`GRANT CONNECT ON DATABASE ${quoteIdent(database)} TO ${quoteIdent(database)}, ${quoteIdent(tenantsRole(database))}`);
  });
}

/** The schema of the tables that tenants share. */
export async function ensureSharedSchema(client: pg.Client, database: string): Promise<void> {
  const readers = `${quoteIdent(database)}, ${quoteIdent(tenantsRole(database))}`;
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SHARED_SCHEMA} AUTHORIZATION ${quoteIdent(ownerRole(database))}`);
  await client.query(`GRANT USAGE ON SCHEMA ${SHARED_SCHEMA} TO ${readers}`);
}

async function ensureLogin(server: pg.Client, login: string, password: string | undefined): Promise<void> {
  if (password !== undefined) return ensureRole(server, login, `LOGIN NOINHERIT PASSWORD ${quoteLiteral(password)}`);
  if (!(await roleExists(server, login))) throw new Error(`There is no role ${login} yet: set HEED_DATABASE_PASSWORD to the password it shall have.`);
}

async function ensureRole(client: pg.Client, role: string, options: string): Promise<void> {
  await client.query(`${(await roleExists(client, role)) ? 'ALTER' : 'CREATE'} ROLE ${quoteIdent(role)} ${options}`);
}

async function roleExists(client: pg.Client, role: string): Promise<boolean> {
  return (await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).rowCount === 1;
}
