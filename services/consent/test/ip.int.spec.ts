import { readToEnd } from '@heed/kafka';
import { loadSamplePack } from '@heed/policy';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { eventually, sqlOn } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { forgetCounts } from '../src/signal-visit/forget-counts.job.js';
import { ConsentUnderTest } from './consent-under-test.js';
import { TalkativeConsent } from './talkative-consent.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let consent: ConsentUnderTest;
let talkative: TalkativeConsent | undefined;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'aurigen', 'auronx']);
  consent.clock.set(new Date()); // the other process has the real one
  talkative = await TalkativeConsent.start(consent);
});
afterAll(async () => {
  await talkative?.stop();
  await consent.stop();
});

type Body = Record<string, unknown>;
const cookie = (): Body => ({ identifiers: [{ type: 'cookie_id', value: randomUUID() }] });

/** A call to the process that logs everything, through a proxy that says whose address it is. */
async function call(tenant: string, path: string, body: unknown, from: string, key?: string): Promise<{ status: number; body: Body }> {
  const token = await consent.bed.issuer.token({ tenant, roles: ['platform'] });
  const response = await fetch(`${talkative?.url ?? ''}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-forwarded-for': from, ...(key ? { 'idempotency-key': key } : {}) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** Everything on every topic of this system, as it lies there. */
async function broker(): Promise<string> {
  const admin = consent.bed.kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(consent.bed.topicPrefix));
  await admin.disconnect();
  const all: string[] = [];
  await readToEnd({
    kafka: consent.bed.kafka, groupId: randomUUID(), topics,
    take: ({ key, value, headers }) => void all.push(String(key), String(value), JSON.stringify(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]))),
  });
  return all.join('\n');
}

/** Every row of every table. */
async function database(): Promise<string> {
  const url = consent.service.databaseUrl;
  const tables = await sqlOn<{ name: string }>(
    url,
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
  );
  const rows: string[] = [];
  for (const { name } of tables) rows.push(...(await sqlOn<{ row: string }>(url, `SELECT t::text AS row FROM ${name} AS t`)).map(({ row }) => row));
  return rows.join('\n');
}

/** Looks at pages, decides, and makes mistakes, all from one address. */
async function track(tenant: string, address: string): Promise<void> {
  const subject = cookie();
  const decided = await call(tenant, '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision: 'given' }], ip: address }, address, randomUUID());
  expect(decided.status).toBe(201);
  const visits = [{ subject, domain: 'site.example.com', path: '/pricing?from=mail', occurredAt: new Date().toISOString(), ip: address, region: 'IN-HR', referrer: `https://search.example.com/${address}` }];
  const taken = await call(tenant, '/v1/signals/visits', { visits }, address, randomUUID());
  expect(taken.body).toEqual({ visits: [{ outcome: 'recorded', reason: 'given' }] });
  expect((await call(tenant, '/v1/signals/visits', { visits: [{ ...visits[0], ip: `${address}x` }] }, address)).status).toBe(400);
  expect((await call(tenant, '/v1/nothing', {}, address)).status).toBe(404);
}

/** What is left of an address, once all of it has been told on. */
async function isOnly(tenant: string, address: string, network: string): Promise<void> {
  await eventually(async () => expect((await broker()).split(`"network":"${network}"`).length - 1).toBe(1), { timeoutMs: 30_000 });
  expect(talkative?.said).toContain('listening');
  for (const [where, text] of Object.entries({ broker: await broker(), database: await database(), logs: talkative?.said ?? '' })) {
    expect(text, where).not.toContain(address);
    expect(text, where).not.toContain(address.replaceAll(':', '%3A'));
  }
  const records = await consent.service.sql<{ network: string }>(`SELECT network::text FROM t_${tenant}.consent_record WHERE network IS NOT NULL`);
  expect(records.map((record) => record.network)).toContain(network);
}

describe('addresses are cut before anything is stored, produced or logged (G03)', () => {
  it('AJU-07: of 203.0.113.77 broker, database and logs hold 203.0.113.0 alone', async () => {
    expect(loadSamplePack('ajuni').collection.ipTruncation).toEqual({ ipv4: 24, ipv6: 48, source: 'AJU-07' });
    await track('ajuni', '203.0.113.77');
    await isOnly('ajuni', '203.0.113.77', '203.0.113.0/24');
  });

  it('AUR-03: the same of an IPv6 address, and of IPv4 within IPv6', async () => {
    expect(loadSamplePack('aurigen').collection.ipTruncation).toEqual({ ipv4: 24, ipv6: 48, source: 'AUR-03' });
    await track('aurigen', '2001:db8:77:1:2:3:4:5');
    await isOnly('aurigen', '2001:db8:77:1:2:3:4:5', '2001:db8:77::/48');
    await track('aurigen', '::ffff:198.51.100.9');
    await isOnly('aurigen', '198.51.100.9', '198.51.100.0/24');
  });

  it('a policy that promises nothing of addresses keeps as little of them', async () => {
    expect(loadSamplePack('auronx').collection.ipTruncation).toBeUndefined();
    await track('auronx', '192.0.2.177');
    await isOnly('auronx', '192.0.2.177', '192.0.2.0/24');
  });

  it.each([['203.0.113.77/32'], ['203.0.113.64/26'], ['2001:db8:77:1::/64']])('the database itself refuses %s', async (network) => {
    const [one] = await consent.service.sql<{ id: string }>('SELECT id FROM t_ajuni.consent_record LIMIT 1');
    const copy = `INSERT INTO t_ajuni.consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, network)
      SELECT gen_random_uuid(), ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, $2::cidr FROM t_ajuni.consent_record WHERE id = $1`;
    await expect(consent.service.sql(copy, [one?.id, network])).rejects.toThrow(/network_truncated/);
    await consent.service.sql(`${copy} RETURNING 1`, [one?.id, '203.0.113.0/24']);
  });

  it('AJU-06: a page is counted without anybody, for those who were never asked too, and for nobody who said no', async () => {
    const [silent, refusing] = [cookie(), cookie()];
    await call('ajuni', '/v1/consents', { subject: refusing, decisions: [{ purpose: 'analytics', decision: 'refused' }] }, '203.0.113.5');
    const page = { domain: 'counted.example.com', path: '/about', occurredAt: new Date().toISOString(), ip: '203.0.113.5', region: 'IN' };
    const answer = await call('ajuni', '/v1/signals/visits', { visits: [...Array.from({ length: 5 }, () => ({ ...page, subject: silent })), page, { ...page, subject: refusing }, { ...page, gpc: true }] }, '203.0.113.5');
    expect((answer.body['visits'] as Body[]).map((one) => [one['outcome'], one['reason']])).toEqual([
      ...Array.from({ length: 6 }, () => ['counted', 'no_decision']), ['ignored', 'refused'], ['ignored', 'gpc'],
    ]);
    const rows = await consent.service.sql<Body>(`SELECT * FROM t_ajuni.visit_count WHERE domain = 'counted.example.com'`);
    expect(rows.map((row) => [row['path'], row['region'], Number(row['visits']), Object.keys(row).sort()])).toEqual([['/about', 'IN', 6, ['day', 'domain', 'path', 'region', 'visits']]]);
    const counts = await consent.service.call('GET', `/v1/signals/visits?day=${new Date().toISOString().slice(0, 10)}&limit=500`, { tenant: 'ajuni', roles: ['analyst'] });
    const items = counts.body['items'] as Body[];
    expect(items.find((one) => one['domain'] === 'counted.example.com')).toMatchObject({ visits: 6, region: 'IN' });
    expect(items.find((one) => one['domain'] === 'site.example.com'), 'one visit could point at somebody').toMatchObject({ visits: null });
  });

  it('counts are forgotten when the policy says so: of whole months where it counts from the end of one', async () => {
    const at = Date.parse('2026-11-22T10:00:00Z');
    const days = ['2025-09-30', '2025-10-01', '2025-11-21', '2025-11-22'];
    const keep = async (tenant: string): Promise<readonly string[]> => {
      await consent.service.sql(`INSERT INTO t_${tenant}.visit_count SELECT unnest($1::date[]), 'old.example.com', '/', '', 7`, [days]);
      const unitOfWork = consent.service.service.app.get(UnitOfWork, { strict: false });
      await forgetCounts({ listTenants: () => Promise.resolve([{ id: tenant }]) }, unitOfWork, new PolicyStore());
      const left = await consent.service.sql<{ day: string }>(`SELECT day::text FROM t_${tenant}.visit_count WHERE domain = 'old.example.com' ORDER BY day`);
      return left.map(({ day }) => day);
    };
    const now = consent.clock.now();
    consent.clock.set(new Date(at));
    expect(await keep('ajuni')).toEqual(['2025-10-01', '2025-11-21', '2025-11-22']); // P13M after the month is over
    expect(await keep('aurigen')).toEqual(['2025-11-22']); // P12M from the day
    consent.clock.set(now);
  });

  it('AJU-24: a visit below the age is neither told on nor counted, and opens a case', async () => {
    const subject = cookie();
    await call('ajuni', '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision: 'given' }] }, '203.0.113.5');
    const page = { subject, domain: 'child.example.com', path: '/', occurredAt: new Date().toISOString() };
    for (const sign of [{ age: 14 }, { childSignal: true }]) {
      const child = { ...page, subject: cookie(), ...sign };
      const { body } = await call('ajuni', '/v1/signals/visits', { visits: [child, { ...page, ...sign }] }, '203.0.113.5');
      expect((body['visits'] as Body[]).map((one) => one['outcome'])).toEqual(['ignored', 'ignored']);
    }
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.visit_count WHERE domain = 'child.example.com'`)).toEqual([]);
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.person_age WHERE channel = 'visit' AND opened_at IS NOT NULL`)).toHaveLength(3);
    expect(await broker()).not.toContain('child.example.com');
  });
});
