import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileKek } from '@heed/crypto';
import type { DataKey, KekProvider, Place } from '@heed/crypto';
import { FieldVault } from '@heed/key-store';
import { Database } from '@heed/persistence';
import { sqlOn, TestKeys, VirtualClock } from '@heed/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const clock = new VirtualClock();
const tenants = ['ajuni', 'aurigen'];
const place = (subject: string): Place => ({ tenant: 'ajuni', subject, type: 'identifier', field: 'email' });
let keysDir: string;
let keys: TestKeys;
const urls: Record<string, string> = {};
const open: FieldVault[] = [];

beforeAll(async () => {
  keysDir = await mkdtemp(path.join(tmpdir(), 'heed-keys-'));
  keys = new TestKeys(keysDir);
  for (const service of ['consent', 'dsar']) urls[service] = await keys.migrated(service, tenants);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((vault) => vault.close()));
});
afterAll(() => rm(keysDir, { recursive: true, force: true }));

function vault(service = 'consent', kek: KekProvider = new FileKek(keys.kekDir), more: { cacheSize?: number } = {}): FieldVault {
  const database = new Database({ url: urls[service] ?? '', keysDir, clock, poolSize: 2 });
  const made = new FieldVault({ service, database, kek, clock, cacheMs: 15 * 60_000, cacheSize: 1000, ...more });
  open.push(made);
  return made;
}

async function newKey(of: FieldVault, tenant = 'ajuni'): Promise<DataKey> {
  const [key] = await of.newKeys(tenant, 1);
  if (!key) throw new Error('no key');
  return key;
}

const sql = <R extends object>(text: string, values: readonly unknown[] = [], url = keys.adminUrl): Promise<readonly R[]> => sqlOn<R>(url, text, values);

it('opens in another instance what one sealed, by one query for a batch', async () => {
  const [one, other] = [vault(), vault()];
  const made = await one.newKeys('ajuni', 40);
  const items = made.map((key, index) => ({ place: place(`sub_${index}`), sealed: one.seal(key, place(`sub_${index}`), `ada+${index}@example.com`) }));
  await other.indexes('ajuni'); // its intermediate keys are there
  let queries = 0;
  const { database } = other.options;
  const query = database.query.bind(database);
  database.query = (text, values) => ((queries += 1), query(text, values));
  expect(await other.open('ajuni', items)).toEqual(made.map((_, index) => `ada+${index}@example.com`));
  expect(queries).toBe(1);
  expect(await other.open('ajuni', items)).toHaveLength(40);
  expect(queries).toBe(1);
});

it('answers undefined for what was destroyed, in every instance that has not the key in memory', async () => {
  const [one, other] = [vault(), vault()];
  const [gone, kept] = [await newKey(one), await newKey(one)];
  const items = [gone, kept].map((key) => ({ place: place('sub_1'), sealed: one.seal(key, place('sub_1'), 'x') }));
  await one.destroy('ajuni', [gone.id]);
  expect(await one.open('ajuni', items)).toEqual([undefined, 'x']);
  expect(await other.open('ajuni', items)).toEqual([undefined, 'x']);
  expect(await sql('SELECT 1 FROM consent.data_key WHERE id = $1', [gone.id])).toEqual([]);
});

it('counts what was destroyed once, however often it is said, and notes keys that an older copy never had', async () => {
  const one = vault('dsar');
  const key = await newKey(one);
  const never = '019a0000-0000-7000-8000-000000000001';
  await one.destroy('ajuni', [key.id, key.id]);
  await one.destroy('ajuni', [key.id, never]);
  expect((await one.destroyedCounts()).get('ajuni')).toBe(2);
});

it('makes the first keys of a tenant once, when instances meet it at the same time', async () => {
  const many = Array.from({ length: 5 }, () => vault('dsar'));
  const hashes = await Promise.all(many.map(async (one) => (await one.indexes('aurigen')).current.of('email', 'ada@example.com').toString('hex')));
  expect(new Set(hashes).size).toBe(1);
  const found = (await many[0]?.indexes('ajuni'))?.current.of('email', 'ada@example.com').toString('hex');
  expect(hashes).not.toContain(found); // another tenant's
});

it('keeps services apart: their keys differ, and a login reads its own schema alone', async () => {
  const hash = async (service: string): Promise<string> => (await vault(service).indexes('ajuni')).current.of('email', 'a').toString('hex');
  expect(await hash('consent')).not.toBe(await hash('dsar'));
  for (const table of ['intermediate_key', 'data_key', 'index_key', 'use_key', 'destroyed_key', 'rotation']) {
    await expect(sql(`SELECT * FROM dsar.${table}`, [], urls['consent'])).rejects.toThrow('permission denied for schema dsar');
  }
  await expect(sql('CREATE TABLE consent.mine (a int)', [], urls['consent'])).rejects.toThrow('permission denied');
  await expect(sql('DELETE FROM destroyed_key', [], urls['consent'])).rejects.toThrow('permission denied');
});

it('lets nobody else of Heed in: neither a tenant\'s login nor a service\'s own', async () => {
  const [service, tenant] = [`${keys.database}_x`, `${keys.database}_x_t_ajuni`];
  await sql(`CREATE ROLE ${service} LOGIN PASSWORD 'test'; CREATE ROLE ${tenant} LOGIN PASSWORD 'test'`);
  for (const role of [service, tenant]) {
    const url = new URL(keys.adminUrl);
    [url.username, url.password] = [role, 'test'];
    await expect(sql('SELECT 1', [], url.href)).rejects.toThrow('permission denied for database');
  }
  await sql(`DROP ROLE ${service}; DROP ROLE ${tenant}`);
});

it('has one key for a use and period, whoever asks first', async () => {
  const [one, other] = [vault(), vault()];
  const [a, b] = await Promise.all([one.useKey('ajuni', 'dead-letter', '2026-11-21'), other.useKey('ajuni', 'dead-letter', '2026-11-21')]);
  expect(a.id).toBe(b.id);
  expect(a.key.equals(b.key)).toBe(true);
  const later = await one.useKey('ajuni', 'dead-letter', '2026-11-22');
  expect(later.id).not.toBe(a.id);
  expect(await other.useKeysBefore('ajuni', 'dead-letter', '2026-11-22')).toEqual([a.id]);
  await other.destroy('ajuni', [a.id]);
  expect(await other.useKeysBefore('ajuni', 'dead-letter', '2026-11-22')).toEqual([]);
});

it('hands no key out twice, and takes back at its end what it had made ahead', async () => {
  const one = vault();
  const before = await sql<{ n: number }>('SELECT count(*)::int AS n FROM consent.data_key');
  const taken = (await Promise.all(Array.from({ length: 50 }, (_, n) => one.newKeys('ajuni', n)))).flat();
  expect(new Set(taken.map(({ id }) => id)).size).toBe(1225);
  await one.close();
  const [after] = await sql<{ n: number }>('SELECT count(*)::int AS n FROM consent.data_key');
  expect(after?.n).toBe((before[0]?.n ?? 0) + 1225);
});

it('holds no more keys in memory than it may', async () => {
  const one = vault('consent', new FileKek(keys.kekDir), { cacheSize: 100 });
  const made = await one.newKeys('ajuni', 300);
  expect((await one.keys('ajuni', made.map(({ id }) => id))).size).toBe(300); // read again where they were forgotten
});
