import { Heed } from '@heed/e2e';
import { SERVICES } from '@heed/local';
import { loadSamplePack } from '@heed/policy';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PERMISSION_DENIED = '42501';

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
}

let heed: Heed;
const clients: pg.Client[] = [];

beforeAll(async () => {
  heed = await Heed.start();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await heed.stop();
});

const databaseOf = (service: string): string => `heed_${service.replaceAll('-', '_')}`;
const tenants = (): readonly { id: string; isolation: 'role' | 'login' }[] => heed.system.context.tenants;

async function connect(service: string, user?: string, password?: string): Promise<pg.Client> {
  const url = new URL(heed.system.context.postgresUrl);
  url.pathname = `/${databaseOf(service)}`;
  if (user) Object.assign(url, { username: user, password });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  clients.push(client);
  return client;
}

const serviceLogin = (service: string): Promise<pg.Client> =>
  connect(service, databaseOf(service), heed.system.context.secrets.databases[service]);

/** A plain connection as wrong code in the service would use it, with all that PostgreSQL gives this tenant. */
async function asTenant(service: string, tenant: { id: string; isolation: string }): Promise<pg.Client> {
  const role = `${databaseOf(service)}_t_${tenant.id}`;
  if (tenant.isolation === 'login') return connect(service, role, (await logins(service))[tenant.id]);
  const client = await serviceLogin(service);
  await client.query(`SET ROLE "${role}"`);
  return client;
}

async function logins(service: string): Promise<Record<string, string>> {
  const file = path.join(heed.system.context.home.keys(service), `${databaseOf(service)}.logins.json`);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
}

/** Every table of every tenant, from the catalogue: one that is added tomorrow is asked about too. */
async function tablesOf(service: string): Promise<readonly Table[]> {
  const admin = await connect(service);
  const { rows } = await admin.query<Table>(
    `SELECT n.nspname AS schema, c.relname AS name, min(a.attname) AS column FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname LIKE 't\\_%' AND c.relkind IN ('r', 'p', 'v', 'm') GROUP BY 1, 2`,
  );
  return rows;
}

const attempts = ({ schema, name, column }: Table): readonly string[] => {
  const table = `"${schema}"."${name}"`;
  return [
    `SELECT * FROM ${table} LIMIT 1`,
    `INSERT INTO ${table} DEFAULT VALUES`,
    `UPDATE ${table} SET "${column}" = "${column}"`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
    `COPY ${table} TO STDOUT`,
    `LOCK TABLE ${table}`,
  ];
};

/** What PostgreSQL let through of these statements. */
async function letThrough(client: pg.Client, statements: readonly string[]): Promise<readonly string[]> {
  const through: string[] = [];
  for (const statement of statements) {
    const code = await client.query(`BEGIN; ${statement}`).then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
    await client.query('ROLLBACK');
    if (code !== PERMISSION_DENIED) through.push(`${statement}: ${code}`);
  }
  return through;
}

describe.each(SERVICES)('tenants in the database of %s', (service) => {
  it('ASK-05: raw SQL of one tenant against any table of another is refused by PostgreSQL', async () => {
    const tables = await tablesOf(service);
    for (const tenant of tenants()) {
      const others = tables.filter((table) => table.schema !== `t_${tenant.id}`);
      expect(new Set(others.map((table) => table.schema)).size).toBe(tenants().length - 1);
      const client = await asTenant(service, tenant);
      expect(await letThrough(client, others.flatMap(attempts))).toEqual([]);
      const own = tables.find((table) => table.schema === `t_${tenant.id}`);
      await client.query(`SELECT * FROM "${own?.schema}"."${own?.name}" LIMIT 1`); // or the refusals would show nothing
    }
  });

  it('ASK-06: Askasia has a login of its own, and what is not its own stays refused after RESET ROLE', async () => {
    const askasia = tenants().find((tenant) => tenant.id === 'askasia');
    expect(askasia?.isolation).toBe('login');
    const tables = await tablesOf(service);
    const client = await asTenant(service, { id: 'askasia', isolation: 'login' });
    await client.query('RESET ROLE');
    const others = tables.filter((table) => table.schema !== 't_askasia');
    expect(await letThrough(client, others.flatMap(attempts))).toEqual([]);
    const roles = tenants().flatMap(({ id }) => (id === 'askasia' ? [] : [`SET ROLE "${databaseOf(service)}_t_${id}"`]));
    expect(await letThrough(client, roles)).toEqual([]);
    // Nor does the service's own login come to Askasia's rows.
    const shared = await serviceLogin(service);
    expect(await letThrough(shared, [`SET ROLE "${databaseOf(service)}_t_askasia"`, ...tables.filter((table) => table.schema === 't_askasia').flatMap(attempts)])).toEqual([]);
  });

  it('ASK-04: every tenant has a schema of its own with the same tables', async () => {
    const bySchema = Map.groupBy(await tablesOf(service), (table) => table.schema);
    expect([...bySchema.keys()].sort()).toEqual(tenants().map(({ id }) => `t_${id}`).sort());
    const names = (schema: string): string[] => (bySchema.get(schema) ?? []).map((table) => table.name).sort();
    expect(names('t_askasia').length).toBeGreaterThan(0);
    for (const schema of bySchema.keys()) expect(names(schema)).toEqual(names('t_askasia'));
  });

  it("AUR-16: Aurigen's role holds what its own tables need and nothing besides", async () => {
    expect(loadSamplePack('aurigen').security.leastPrivilege).toMatchObject({ value: true, source: expect.arrayContaining(['AUR-16']) as unknown });
    const admin = await connect(service);
    const role = `${databaseOf(service)}_t_aurigen`;
    const { rows } = await admin.query<Record<string, unknown>>(
      `SELECT rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication AS attributes,
              ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = r.oid) AS groups,
              ARRAY(SELECT nspname::text FROM pg_namespace WHERE has_schema_privilege(r.oid, oid, 'USAGE') AND nspname !~ '^(pg_|information_schema|public$)' ORDER BY 1) AS uses,
              ARRAY(SELECT nspname::text FROM pg_namespace WHERE has_schema_privilege(r.oid, oid, 'CREATE')) AS makes,
              has_database_privilege(r.oid, current_database(), 'CREATE') OR has_database_privilege(r.oid, current_database(), 'TEMP') AS database,
              (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owns
         FROM pg_roles r WHERE rolname = $1`,
      [role],
    );
    expect(rows).toEqual([{ attributes: false, groups: [`${databaseOf(service)}_tenants`], uses: ['heed', 't_aurigen'], makes: [], database: false, owns: 0 }]);
  });

  it('has no superuser among its sessions, and its login owns nothing and may make nothing', async () => {
    const admin = await connect(service);
    const sessions = await admin.query(
      `SELECT a.usename FROM pg_stat_activity a JOIN pg_roles r ON r.rolname = a.usename
        WHERE a.datname = $1 AND r.rolsuper AND NOT a.pid = ANY($2)`,
      [databaseOf(service), clients.map((client) => (client as unknown as { processID: number }).processID)],
    );
    expect(sessions.rows).toEqual([]);
    const { rows } = await admin.query(
      `SELECT rolname FROM pg_roles r WHERE rolname LIKE $1
          AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
               OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND r.rolcanlogin))`,
      [`${databaseOf(service).replaceAll('_', '\\_')}%`],
    );
    expect(rows).toEqual([]);
  });
});
