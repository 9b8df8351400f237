import { systemClock } from '@heed/kernel';
import { Database, migrate, persistenceMigrations, SchemaCheck, tenantRole } from '@heed/persistence';
import type { MigrationSet, Tenant } from '@heed/persistence';
import { testServers } from '@heed/testing';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let sets: readonly MigrationSet[];
const name = `test_phases_${randomBytes(4).toString('hex')}`;
const acme: Tenant = { id: 'acme', isolation: 'role' };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'heed-phases-'));
  await writeFile(path.join(folder, '0001_notes.sql'), 'CREATE TABLE note (id uuid PRIMARY KEY, text text);');
  await writeFile(path.join(folder, '0002_body.sql'), 'ALTER TABLE note ADD COLUMN body text;');
  await writeFile(path.join(folder, '0003_no_text.contract.sql'), 'ALTER TABLE note DROP COLUMN text;');
  sets = [...persistenceMigrations, { name: 'notes', scope: 'tenant', dir: folder }];
});
afterAll(() => rm(folder, { recursive: true }));

const run = async (options: { contract?: boolean; tenant?: Tenant } = {}): Promise<readonly string[]> => {
  const lines: string[] = [];
  await migrate({
    service: 'phases', database: name, adminUrl: testServers().postgresUrl, password: 'test', tenants: [options.tenant ?? acme], keysDir: folder, sets,
    progress: (line) => lines.push(line), ...(options.contract === undefined ? {} : { contract: options.contract }),
  });
  return lines;
};

async function as<T>(user: string | undefined, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(testServers().postgresUrl);
  url.pathname = `/${name}`;
  if (user !== undefined) Object.assign(url, { username: user, password: 'test' });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const columns = (): Promise<readonly string[]> =>
  as(undefined, async (client) => {
    const { rows } = await client.query<{ name: string }>(`SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 't_acme' AND table_name = 'note' ORDER BY 1`);
    return rows.map((row) => row.name);
  });

it('what instances of the version before still use goes only when it is asked for', async () => {
  await run();
  expect(await columns()).toEqual(['body', 'id', 'text']);
  const service = new URL(testServers().postgresUrl);
  Object.assign(service, { username: name, password: 'test', pathname: `/${name}` });
  const database = new Database({ url: service.href, keysDir: folder, clock: systemClock });
  expect(await new SchemaCheck(database, sets).behind()).toEqual([]); // a service does not miss what only takes away
  await database.close();
  expect(await run({ contract: true })).toContain('phases: tenant acme, 1 migrations');
  expect(await columns()).toEqual(['body', 'id']);
  expect(await run({ contract: true })).toEqual(['phases: ready, 1 tenants']);
});

it('a tenant that gets a login of its own is closed to the login of the service, and open again to it when it gives it back', async () => {
  const enter = (): Promise<unknown> => as(name, (client) => client.query(`SET ROLE "${tenantRole(name, 'acme')}"`));
  await enter();
  await run({ tenant: { id: 'acme', isolation: 'login' } });
  await expect(enter()).rejects.toMatchObject({ code: '42501' });
  await run({ tenant: acme });
  await enter();
});

it('a tenant that is closed or dropped is not made again, though it is asked for', async () => {
  await as(undefined, (client) => client.query(`UPDATE heed.tenant SET state = 'dropped'; DROP SCHEMA t_acme CASCADE`));
  expect(await run()).toEqual(['phases: tenant acme is dropped and is not made again: take it off HEED_TENANTS', 'phases: ready, 0 tenants']);
  expect(await columns()).toEqual([]);
});
