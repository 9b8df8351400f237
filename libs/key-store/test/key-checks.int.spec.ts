import { FileKek } from '@heed/crypto';
import { FieldVault, KeyChecks, KeyRotation, KeysGate, keyShredMigrations, RotationLog } from '@heed/key-store';
import { uuidv7 } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { eventually, ServiceBed, TestKeys, VirtualClock } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const SERVICE = 'checked';
const clock = new VirtualClock('2026-11-21T10:00:00Z');
let bed: ServiceBed;
let database: Database;
let admin: pg.Client;
let right: string;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }, { id: 'aurigen', isolation: 'role' }] });
});
afterAll(() => bed.stop());

beforeEach(async () => {
  const { url, adminUrl } = await bed.migrated(SERVICE, [...persistenceMigrations, ...keyShredMigrations]);
  database = new Database({ url, keysDir: bed.keysDir, clock });
  admin = await connected(adminUrl);
  right = await keysDatabase();
  return async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await database.close();
  };
});

/** A keys database of this service; the key-encryption keys are the same. */
async function keysDatabase(): Promise<string> {
  return new TestKeys(bed.keysDir).migrated(SERVICE, ['ajuni', 'aurigen']);
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  ends.push(() => client.end());
  return client;
}

/** One start of the service on a keys database. */
function vaultOn(url: string): FieldVault {
  const keys = new Database({ url, keysDir: bed.keysDir, clock, poolSize: 2 });
  const checks = new KeyChecks(database.aside(), keys);
  const vault = new FieldVault({ service: SERVICE, database: keys, checks, kek: new FileKek(bed.keys.kekDir), clock, cacheMs: 900_000, cacheSize: 100 });
  ends.push(() => vault.close());
  return vault;
}
const gateOf = (vault: FieldVault): KeysGate => new KeysGate({ database, unitOfWork: new UnitOfWork(database), vault, logger: makeLogger('test', 'silent') });
const remembered = async (): Promise<unknown> => (await admin.query('SELECT tenant, epoch FROM heed.key_check ORDER BY 1, 2')).rows;
const keysIn = async (url: string): Promise<unknown> => (await (await connected(url)).query('SELECT tenant, epoch FROM index_key ORDER BY 1, 2')).rows;
const missing = { code: 'keys_missing', reason: expect.stringMatching(/for ajuni: .*docs\/keys\.md/) as string };

async function changeIndex(vault: FieldVault): Promise<void> {
  await new RotationLog(vault.options).request('ajuni', 'index', 'asked');
  await new KeyRotation({ vault, database, unitOfWork: new UnitOfWork(database), tables: [] }).run();
}

describe('a keys database that is not the one that the service has worked with', () => {
  it('is refused when it is empty: the gate is closed, and no first keys are made in it', async () => {
    const before = vaultOn(right);
    expect(await gateOf(before).look()).toBeUndefined(); // a new service
    await before.indexes('ajuni');
    expect(await remembered()).toEqual([{ tenant: 'ajuni', epoch: 1 }]);

    const empty = await keysDatabase();
    const vault = vaultOn(empty);
    expect(await gateOf(vault).look()).toMatchObject(missing);
    await expect(vault.indexes('ajuni')).rejects.toMatchObject({ code: 'keys_missing', kind: 'unavailable' });
    await expect(vault.newKeys('ajuni', 1)).rejects.toMatchObject({ code: 'keys_missing' });
    expect(await keysIn(empty)).toEqual([]);
    expect(await gateOf(vaultOn(right)).look()).toBeUndefined(); // put back
  });

  it('is refused when it has other keys', async () => {
    await vaultOn(right).indexes('ajuni');
    const other = await keysDatabase();
    const keys = new Database({ url: other, keysDir: bed.keysDir, clock });
    const stranger = new FieldVault({ service: SERVICE, database: keys, kek: new FileKek(bed.keys.kekDir), clock, cacheMs: 900_000, cacheSize: 100 });
    ends.push(() => stranger.close());
    await stranger.indexes('ajuni');
    const vault = vaultOn(other);
    expect(await gateOf(vault).look()).toMatchObject(missing);
    await expect(vault.indexes('ajuni')).rejects.toMatchObject({ code: 'keys_missing' });
  });

  it('is refused when it is from before a change of index keys, whose number no other key gets', async () => {
    const vault = vaultOn(right);
    await vault.indexes('ajuni');
    const keys = await connected(right);
    const { rows: [older] } = await keys.query<{ epoch: number; ik_epoch: number; wrapped: Buffer }>('SELECT * FROM index_key');
    await changeIndex(vault);
    expect(await remembered()).toEqual([1, 2].map((epoch) => ({ tenant: 'ajuni', epoch })));
    expect(await gateOf(vaultOn(right)).look()).toBeUndefined();

    const superuser = new URL(bed.keys.adminUrl);
    superuser.pathname = new URL(right).pathname;
    const root = await connected(superuser.href);
    await root.query(`DELETE FROM ${SERVICE}.index_check WHERE epoch = 2; DELETE FROM ${SERVICE}.index_key`);
    await root.query(`INSERT INTO ${SERVICE}.index_key (tenant, epoch, ik_epoch, wrapped, state, created_at) VALUES ('ajuni', 1, $1, $2, 'current', now())`, [older?.ik_epoch, older?.wrapped]);
    const back = vaultOn(right);
    expect(await gateOf(back).look()).toMatchObject(missing);
    await expect(back.indexEpochs.join('ajuni')).rejects.toMatchObject({ code: 'keys_missing' });

    await admin.query(`UPDATE heed.key_check SET lost_at = now() WHERE epoch = 2`); // given up for good
    const going = vaultOn(right);
    expect(await gateOf(going).look()).toBeUndefined();
    expect((await going.indexEpochs.join('ajuni')).all.map(({ epoch }) => epoch)).toEqual([3, 1]);
  });

  it('is refused to the one of two instances that meets a new tenant there, while the other has the right one', async () => {
    const two = [vaultOn(right), vaultOn(await keysDatabase())];
    const met = await Promise.allSettled(two.map((vault) => vault.indexes('aurigen')));
    expect(met.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(met.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'keys_missing' } });
    expect(await remembered()).toEqual([{ tenant: 'aurigen', epoch: 1 }]);
  });

  it('is accepted empty once all keys are given up as lost, and its keys have numbers that none had', async () => {
    await vaultOn(right).indexes('ajuni');
    await admin.query('UPDATE heed.key_check SET lost_at = now()');
    const vault = vaultOn(await keysDatabase());
    expect(await gateOf(vault).look()).toBeUndefined();
    expect((await vault.indexes('ajuni')).current.epoch).toBe(2);
    expect(await remembered()).toEqual([1, 2].map((epoch) => ({ tenant: 'ajuni', epoch })));
  });
});

it('keys wait for nobody: met within as many transactions as there are connections, a new tenant gets its first keys', async () => {
  const vault = vaultOn(right);
  const unitOfWork = new UnitOfWork(database);
  const epochs = await Promise.all(Array.from({ length: 10 }, () => unitOfWork.run('ajuni', async () => (await vault.indexes('ajuni')).current.epoch)));
  expect(new Set(epochs)).toEqual(new Set([1]));
}, 8_000);

it('notices destroyed keys that are back though the latest five are not: their number tells', async () => {
  const vault = vaultOn(right);
  const ids = Array.from({ length: 8 }, () => uuidv7(clock.now()));
  await admin.query(`INSERT INTO heed.key_shred_done (tenant, done_at, key_id) SELECT 'ajuni', now() + n * interval '1 s', k FROM unnest($1::uuid[]) WITH ORDINALITY AS u(k, n)`, [ids]);
  await vault.destroy('ajuni', ids.slice(2)); // the first two were lost
  const gate = gateOf(vault);
  expect(await gate.look()).toMatchObject({ code: 'keys_behind' });
  await eventually(async () => expect(await gate.look()).toBeUndefined());
  expect((await vault.destroyedCounts()).get('ajuni')).toBe(8);
});
