import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig, serviceEnvironment } from '@heed/config';
import { keyShredMigrations, FieldVault, openFieldVault, openKek } from '@heed/key-store';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { loadSamplePack } from '@heed/policy';
import { PolicyStore, tenantPolicyMigrations } from '@heed/tenant-policy';
import { ServiceBed, TestBao, TestKeys, testSofthsm, VirtualClock } from '@heed/testing';
import type { TestToken } from '@heed/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const clock = new VirtualClock('2026-11-21T10:00:00Z');
let dir: string;
let bed: ServiceBed;
const databases = new Map<string, Database>();
let keys: TestKeys;
let token: TestToken;
let bao: TestBao;
const open: FieldVault[] = [];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-evidence-'));
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }, { id: 'aurigen', isolation: 'role' }] });
  keys = new TestKeys(dir);
  token = await testSofthsm(path.join(dir, 'hsm'));
  bao = await TestBao.start(path.join(dir, 'bao'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((vault) => vault.close()));
});
afterAll(async () => {
  for (const database of databases.values()) await database.close();
  await bao.kill();
  await bed.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The database of a service, one for each provider: it remembers the keys that it has worked with. */
async function serviceDatabase(provider: string): Promise<Database> {
  const known = databases.get(provider);
  if (known) return known;
  const { url } = await bed.migrated('proof', [...persistenceMigrations, ...tenantPolicyMigrations, ...keyShredMigrations]);
  const database = new Database({ url, keysDir: bed.keysDir, clock });
  databases.set(provider, database);
  const unitOfWork = new UnitOfWork(database);
  for (const tenant of ['ajuni', 'aurigen'] as const) {
    const pack = loadSamplePack(tenant);
    await unitOfWork.run(tenant, (tx) => new PolicyStore().keep(tx, { version: 1, hash: tenant, effectiveFrom: clock.now().toISOString(), pack: { ...pack } }));
  }
  return database;
}

/** A vault as a service in production opens it. */
async function production(kek: Record<string, string>, evidence?: object): Promise<FieldVault> {
  const file = path.join(dir, 'evidence.json');
  if (evidence) await writeFile(file, JSON.stringify(evidence));
  const base = {
    HEED_PORT: '0', HEED_DATABASE_URL: 'postgres://unused', KAFKA_BROKERS: 'unused:1', HEED_ORIGIN: 'https://heed.example', HEED_ISSUER: 'https://issuer.example',
    HEED_KEYS_DIR: dir, HEED_CLIENT_ID: 'x', HEED_CLIENT_SECRET: 'x', ...kek, ...(evidence ? { HEED_KEK_EVIDENCE: file } : {}),
  };
  const development = loadConfig(serviceEnvironment, base);
  const provider = openKek(development);
  const HEED_KEYS_DATABASE_URL = await keys.migrated(kek['HEED_KEK'] ?? '', ['ajuni', 'aurigen'], provider);
  await provider.close();
  const database = await serviceDatabase(kek['HEED_KEK'] ?? '');
  const vault = openFieldVault(kek['HEED_KEK'] ?? '', { environment: loadConfig(serviceEnvironment, { ...base, HEED_KEYS_DATABASE_URL, NODE_ENV: 'production' }), clock, database });
  open.push(vault);
  return vault;
}

const hsm = (): Record<string, string> => ({ HEED_KEK: 'pkcs11', HEED_KEK_MODULE: token.module, HEED_KEK_TOKEN: token.label, HEED_KEK_PIN_FILE: token.pinFile });
const proof = (provider: string, id: string, change: object = {}): object => ({
  module: 'Acme Vault 7', vendor: 'Acme', standard: 'FIPS 140-2', level: 3, cmvpCertificate: 4321, validUntil: '2027-06-30', recordedBy: 'security office',
  recordedAt: '2026-01-05T09:00:00Z', binding: { provider, id }, ...change,
});
const unproven = (why: RegExp): unknown => expect.objectContaining({ code: 'kek_unproven', promise: 'AJU-47', message: expect.stringMatching(why) });

it('AJU-47: production refuses every key of a tenant that is promised a FIPS 140-2 level 3 module, where none is proven', async () => {
  expect(loadSamplePack('ajuni').security.keyEncryptionKey).toEqual({ value: 'hsm_fips_140_2_level_3', source: 'AJU-47' });
  const vault = await production({ ...bao.environment });
  await expect(vault.newKeys('ajuni', 1)).rejects.toEqual(unproven(/no evidence/));
  await expect(vault.indexes('ajuni')).rejects.toEqual(unproven(/no evidence/));
  await expect(vault.useKey('ajuni', 'dead-letter', '2026-11-21')).rejects.toEqual(unproven(/no evidence/));
  expect(await vault.newKeys('aurigen', 1)).toHaveLength(1); // whose policy promises a KMS
  expect(loadSamplePack('aurigen').security.keyEncryptionKey.value).toBe('kms');
});

it('AJU-47: SoftHSM is never accepted, not even with evidence that names its token', async () => {
  const provider = openKek(loadConfig(serviceEnvironment, { ...hsm(), HEED_PORT: '0', HEED_DATABASE_URL: 'x', KAFKA_BROKERS: 'x:1', HEED_ORIGIN: 'https://x.example', HEED_ISSUER: 'https://x.example', HEED_KEYS_DIR: dir, HEED_CLIENT_ID: 'x', HEED_CLIENT_SECRET: 'x' }));
  const { binding } = await provider.describe();
  await provider.close();
  const vault = await production(hsm(), proof('pkcs11', binding));
  await expect(vault.newKeys('ajuni', 1)).rejects.toEqual(unproven(/SoftHSM is software/));
  expect(await vault.newKeys('aurigen', 1)).toHaveLength(1);
});

it('AJU-47: evidence that names the module in use lets the tenant in, until it ends', async () => {
  const vault = await production({ ...bao.environment }, proof('kms', `${bao.url}/transit`));
  const [key] = await vault.newKeys('ajuni', 1);
  expect(key?.tenant).toBe('ajuni');
  const later = new VirtualClock('2027-07-01T00:00:00Z');
  clock.set(later.now());
  const after = await production({ ...bao.environment }, proof('kms', `${bao.url}/transit`));
  await expect(after.newKeys('ajuni', 1)).rejects.toEqual(unproven(/ended on 2027-06-30/));
  clock.set('2026-11-21T10:00:00Z');
});

it.each([['another KMS', { binding: { provider: 'kms', id: 'https://kms.example/transit' } }, /and the module in use is/], ['a lower level', { level: 2 }, /level 2/], ['no certificate', { cmvpCertificate: undefined }, /not complete \(cmvpCertificate\)/]])(
  'AJU-47: evidence of %s proves nothing',
  async (_, change, why) => {
    const vault = await production({ ...bao.environment }, proof('kms', `${bao.url}/transit`, change));
    await expect(vault.newKeys('ajuni', 1)).rejects.toEqual(unproven(why));
  },
);

it('AJU-47: production does not start with keys in files', async () => {
  await expect(production({ HEED_KEK: 'file' })).rejects.toThrow('HEED_KEK=file keeps the keys of people beside their data');
});
