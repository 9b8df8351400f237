import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processorDataMap, sqlDataMap } from '@heed/contracts-subprocessor-registry';
import { testServers } from '@heed/testing';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeAgentConfig } from './agent-config.js';
import { samplePeople, seedPeople } from './seed-people.js';
import { prepareSampleStores } from './stores/prepare.js';
import { storeAdminUrl, storeAgentUrl } from './stores/urls.js';

const tenants = ['samples-one', 'auronx'];
const password = 'a password of the tests';
let adminUrl: string;

async function ask<R extends object>(connectionString: string, sql: string): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the sample stores', () => {
  beforeAll(async () => {
    adminUrl = testServers().postgresUrl;
    await prepareSampleStores({ adminUrl, tenants, password });
  });

  it('are prepared again without harm', async () => {
    await expect(prepareSampleStores({ adminUrl, tenants, password })).resolves.toBeUndefined();
  });

  it('are filled with the same people by the same seed, once', async () => {
    const people = await seedPeople({ adminUrl, tenant: 'auronx', count: 200, seed: 7 });
    expect(people).toEqual(samplePeople('auronx', 200, 7));
    expect(new Set(people.map((p) => p.email)).size).toBe(200);
    const count = () =>
      ask(storeAdminUrl(adminUrl, 'crm', 'auronx'), 'SELECT (SELECT count(*) FROM people) AS p, (SELECT count(*) FROM messages) AS m, (SELECT count(*) FROM whatsapp_messages) AS w');
    const before = await count();
    await seedPeople({ adminUrl, tenant: 'auronx', count: 200, seed: 7 });
    expect(await count()).toEqual(before);
    expect(await ask(storeAdminUrl(adminUrl, 'telemetry', 'auronx'), 'SELECT count(*)::int AS n FROM profiles')).toEqual([{ n: 200 }]);
  });

  it('let the agent read and delete, and neither insert nor see another tenant', async () => {
    const mine = storeAgentUrl(adminUrl, 'crm', 'auronx', password);
    await expect(ask(mine, 'SELECT count(*) FROM people')).resolves.toHaveLength(1);
    await expect(ask(mine, `INSERT INTO people (name) VALUES ('x')`)).rejects.toMatchObject({ code: '42501' });
    const foreign = new URL(storeAgentUrl(adminUrl, 'crm', 'auronx', password));
    foreign.pathname = '/crm_samples_one';
    await expect(ask(foreign.href, 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
  });

  it('are described to the agent in a file that it takes and others cannot read', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'heed-samples-')), 'auronx.yaml');
    await writeAgentConfig({ file, tenant: 'auronx', adminUrl, password, mailProcessorUrl: 'http://127.0.0.1:4112', webhookSecret: 'a-secret-of-the-tests' });
    const { stores } = parse(await readFile(file, 'utf8')) as { stores: { id: string; kind: string; map: unknown }[] };
    expect(stores.map((store) => [store.id, store.kind])).toEqual([['crm', 'postgres'], ['telemetry', 'postgres'], ['mail-processor', 'http']]);
    for (const { kind, map } of stores) expect((kind === 'http' ? processorDataMap : sqlDataMap).safeParse(map).success).toBe(true);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });
});
