import { byEmail, Heed } from '@heed/e2e';
import { policyPackFile } from '@heed/policy';
import { SERVICES } from '@heed/local';
import { databaseAt, eventually, sqlOn } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const HEED = path.join(import.meta.dirname, '../../../libs/cli/bin/heed.js');
let heed: Heed;
let folder: string;
let pack: string;

/** Everybody logs in to Kafka, so that a tenant has users and rights there too. */
beforeAll(async () => {
  heed = await Heed.start({ HEED_KAFKA_AUTH: 'scram' });
  folder = await mkdtemp(path.join(tmpdir(), 'heed-life-'));
  pack = path.join(folder, 'acme.yaml');
  await writeFile(pack, (await readFile(policyPackFile('askasia'), 'utf8')).replace(/^ {2}id: askasia$/m, '  id: acme'));
});
afterAll(async () => {
  await heed.stop();
  await rm(folder, { recursive: true });
});

/** `heed …` as the operator of this system types it. */
async function command(args: readonly string[], failpoint = ''): Promise<{ end: unknown; out: string; err: string }> {
  const env = { ...process.env, HEED_HOME: heed.home, HEED_PORT_BASE: '0', HEED_KAFKA_AUTH: 'scram', HEED_FAILPOINT: failpoint, NODE_ENV: 'test' };
  const child = spawn(process.execPath, [HEED, 'tenant', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null, string | null]>]);
  return { end: signal ?? code, out, err };
}

const tenant = (): Promise<{ status: number; body: Record<string, unknown> }> => heed.call('acme', 'GET', '/v1/tenant');
const consent = (id: string, email: string): Promise<{ status: number }> =>
  heed.call(id, 'POST', '/v1/consents', { subject: byEmail(email), decisions: [{ purpose: 'marketing_email', decision: 'given' }] });

const sql = <R extends object>(service: string, statement: string): Promise<readonly R[]> =>
  sqlOn<R>(databaseAt(heed.system.context.postgresUrl, `heed_${service.replaceAll('-', '_')}`), statement);

/** Whatever names acme in catalogues, on Kafka and in the files of this home. */
async function traces(): Promise<readonly string[]> {
  const catalogue = `SELECT nspname AS name FROM pg_namespace WHERE nspname = 't_acme' UNION SELECT rolname FROM pg_roles WHERE rolname LIKE '%acme%' UNION SELECT datname FROM pg_database WHERE datname LIKE '%acme%'`;
  const rows = await Promise.all(SERVICES.map((service) => sql<{ name: string }>(service, catalogue)));
  const admin = heed.kafka.admin();
  await admin.connect();
  const [topics, { groups }, { resources }] = [await admin.listTopics(), await admin.listGroups(), await admin.describeAcls({ resourceType: 2, resourcePatternType: 1, permissionType: 1, operation: 1 })];
  await admin.disconnect();
  const files = await Promise.all(['secrets.json', 'keys/issuer/clients.json', 'keys/mail-processor/webhooks.json'].map((file) => readFile(path.join(heed.home, file), 'utf8')));
  const names = [...rows.flat().map(({ name }) => name), ...topics, ...groups.map(({ groupId }) => groupId), ...resources.map(({ resourceName }) => resourceName)];
  return [...new Set([...names.filter((name) => name.includes('acme')), ...files.filter((file) => file.includes('acme')).map(() => 'a file')])];
}

describe('the life of a tenant while everything runs', () => {
  it('begins with one command, which can be killed and run again', async () => {
    expect((await command(['create', 'acme', '--pack', pack], 'tenant.create.clients')).end).toBe('SIGKILL');
    const created = await command(['create', 'acme', '--pack', pack]);
    expect(created).toMatchObject({ end: 0 });
    expect(created.out).toContain('a database login of its own');
    expect(await tenant()).toMatchObject({ status: 200, body: { id: 'acme', state: 'active', isolation: 'login', dropAfterClosing: 'P30D' } });
    const stores = (await heed.call('acme', 'GET', '/v1/data-stores')).body['items'] as { id: string }[];
    expect(stores.map(({ id }) => id).sort()).toEqual(['crm', 'mail-processor', 'telemetry']);
    await eventually(async () => expect((await fetch(`${heed.system.origin}/readyz`)).status).toBe(200), { timeoutMs: 30_000 });
  });

  it('is served by all services, and its withdrawals reach its stores', async () => {
    expect((await consent('acme', 'ada@acme.example')).status).toBe(201);
    const withdrawn = await heed.call('acme', 'POST', '/v1/withdrawals', { subject: byEmail('ada@acme.example'), purposes: ['marketing_email'], channel: 'api' });
    expect(withdrawn.status).toBe(202);
    await heed.dispatchIs('acme', String(withdrawn.body['dispatchId']), 'done');
  });

  it('ASK-12: ends 30 days after it is closed, until when it is served and can be kept', async () => {
    const closed = await command(['close', 'acme', '--json']);
    const { state, dropAfter } = JSON.parse(closed.out) as { state: string; dropAfter: string };
    const days = (Date.parse(dropAfter) - Date.now()) / 86_400_000;
    expect([state, Math.round(days)]).toEqual(['closing', 30]);
    expect((await command(['sweep'])).out).toContain(`acme is dropped after ${dropAfter}`);
    expect((await consent('acme', 'bob@acme.example')).status).toBe(201);
    expect((await command(['close', 'acme', '--cancel'])).out).toContain('acme is kept');
    expect(await tenant()).toMatchObject({ body: { state: 'active', dropAfter: null } });
    expect((await command(['close', 'acme'])).end).toBe(0);
  });

  it('leaves nothing but its tombstone, though the sweep was killed on the way; nobody else notices', async () => {
    await sql('subprocessor-registry', `UPDATE heed.tenant SET drop_after = now() - interval '1 hour' WHERE id = 'acme'`);
    expect((await traces()).length).toBeGreaterThan(10);
    expect((await command(['sweep'], 'tenant.drop.store-agent')).end).toBe('SIGKILL');
    expect((await command(['sweep'], 'tenant.drop.topics')).end).toBe('SIGKILL');
    const swept = await command(['sweep']);
    expect(swept).toMatchObject({ end: 0 });
    expect(swept.out).toContain('acme is dropped; nothing of it is left.');
    expect(await traces()).toEqual([]);
    expect(await tenant()).toMatchObject({ status: 403, body: { code: 'tenant_closed' } });
    expect(await command(['create', 'acme', '--pack', pack])).toMatchObject({ end: 1, err: expect.stringContaining('its id is not given to another') });
    expect((await consent('ajuni', 'ada@example.com')).status).toBe(201);
    const withdrawn = await heed.call('ajuni', 'POST', '/v1/withdrawals', { subject: byEmail('ada@example.com'), purposes: ['marketing_email'], channel: 'api' });
    await heed.dispatchIs('ajuni', String(withdrawn.body['dispatchId']), 'done');
    expect((await fetch(`${heed.system.origin}/readyz`)).status).toBe(200);
  });

  it('leaves running services quiet: no crash, and no line about it again and again', async () => {
    const size = async (service: string): Promise<number> => (await stat(heed.system.home.log(service))).size;
    const before = new Map(await Promise.all(SERVICES.map(async (service) => [service, await size(service)] as const)));
    const until = Date.now() + 8000; // longer than any service takes to ask again for topics, tenants and work
    await eventually(() => Date.now() > until, { timeoutMs: 10_000, everyMs: 500 });
    for (const service of SERVICES) {
      expect(heed.system.part(service).state).toBe('ready');
      const added = (await readFile(heed.system.home.log(service))).subarray(before.get(service)).toString();
      expect({ service, complaints: added.split('\n').filter((line) => line.includes('acme') || /"level":"(warn|error|fatal)"/.test(line)) }).toEqual({ service, complaints: [] });
    }
  });
});
