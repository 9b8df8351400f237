import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileKek, kekMissing, kekUnavailable } from '@heed/crypto';
import type { KekProvider, Place } from '@heed/crypto';
import { FieldVault } from '@heed/key-store';
import { Database } from '@heed/persistence';
import { databaseAt, sessionOn, TestKeys, VirtualClock } from '@heed/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MINUTE = 60_000;
const clock = new VirtualClock();
const place: Place = { tenant: 'ajuni', subject: 'sub_1', type: 'note', field: 'text' };
const unavailable = expect.objectContaining({ code: 'keys_unavailable', retryAfterSeconds: 5 });
let dir: string;
let keys: TestKeys;
let vault: FieldVault;
/** How the provider fails; undefined while it answers. */
let trouble: (() => Error) | undefined;
let slowMs = 0;
let asked = 0;

beforeEach(async () => {
  trouble = undefined;
  slowMs = 0;
  dir = await mkdtemp(path.join(tmpdir(), 'heed-away-'));
  keys = new TestKeys(dir);
  const url = await keys.migrated('away', ['ajuni']);
  vault = new FieldVault({ service: 'away', database: new Database({ url, keysDir: dir, clock, poolSize: 2 }), kek: moody(new FileKek(keys.kekDir)), clock, cacheMs: 15 * MINUTE, cacheSize: 1000 });
});
afterEach(async () => {
  await setConnections(true);
  await vault.close();
  await rm(dir, { recursive: true, force: true });
});

/** The provider, with moods: everything else of it is as it is. */
function moody(kek: KekProvider): KekProvider {
  const unwrap: KekProvider['unwrap'] = async (...args) => {
    asked += 1;
    await sleep(slowMs);
    if (trouble) throw trouble();
    return kek.unwrap(...args);
  };
  return Object.assign(Object.create(kek) as KekProvider, { unwrap });
}

/** Ends every session of the service in the keys database, and lets none in, or lets them in again. */
async function setConnections(allowed: boolean): Promise<void> {
  await sessionOn(databaseAt(keys.adminUrl, 'postgres'), async (client) => {
    await client.query(`ALTER DATABASE ${keys.database} WITH ALLOW_CONNECTIONS ${allowed}`);
    if (!allowed) await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [keys.database]);
  });
}

async function sealedNote(): Promise<{ id: string; sealed: Buffer }> {
  const [key] = await vault.newKeys('ajuni', 1);
  if (!key) throw new Error('no key');
  return { id: key.id, sealed: vault.seal(key, place, 'hello') };
}

it('asks the provider once while its word is fresh, and again in the background from half of the time on', async () => {
  const { sealed } = await sealedNote();
  const before = asked;
  for (let n = 0; n < 20; n += 1) expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
  expect(asked).toBe(before);
  clock.advance({ minutes: 8 });
  expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
  await vault.refreshIndexes('ajuni'); // the same renewal: whoever comes meanwhile shares it
  expect(asked).toBe(before + 1);
  clock.advance({ minutes: 14 });
  trouble = () => kekUnavailable('The KMS');
  expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
});

it('serves until the time is over while the provider is away, then nothing, neither new keys nor old ones', async () => {
  const { sealed } = await sealedNote();
  trouble = () => kekUnavailable('The KMS');
  clock.advance({ minutes: 14, seconds: 59 });
  expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
  expect(await vault.newKeys('ajuni', 40)).toHaveLength(40);
  clock.advance({ seconds: 1 });
  await expect(vault.open('ajuni', [{ place, sealed }])).rejects.toEqual(unavailable);
  await expect(vault.newKeys('ajuni', 1)).rejects.toEqual(unavailable);
  await expect(vault.indexes('ajuni')).rejects.toEqual(unavailable);
  trouble = undefined;
  expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
});

it('lets nobody wait for a provider that has just kept another waiting, and asks it again after as long', async () => {
  const { sealed } = await sealedNote();
  clock.advance({ minutes: 16 });
  [trouble, slowMs] = [() => kekUnavailable('The KMS'), 1000];
  await expect(vault.open('ajuni', [{ place, sealed }])).rejects.toEqual(unavailable);
  const before = asked;
  for (let n = 0; n < 5; n += 1) await expect(vault.open('ajuni', [{ place, sealed }])).rejects.toEqual(unavailable);
  expect(asked).toBe(before);
  [trouble, slowMs] = [undefined, 0];
  await expect.poll(() => vault.open('ajuni', [{ place, sealed }]).catch(() => []), { timeout: 10_000 }).toEqual(['hello']);
});

it('ends at once what is in memory where the provider says that the key is gone', async () => {
  const { sealed } = await sealedNote();
  clock.advance({ minutes: 8 });
  trouble = () => kekMissing('ajuni');
  await vault.refreshIndexes('ajuni').catch(() => undefined);
  await expect(vault.open('ajuni', [{ place, sealed }])).rejects.toEqual(unavailable);
});

it('serves from memory while the keys database is away, says so where that is not enough, and goes on by itself', async () => {
  const { sealed } = await sealedNote();
  const ready = await vault.newKeys('ajuni', 4);
  await setConnections(false);
  expect(await vault.open('ajuni', [{ place, sealed }])).toEqual(['hello']);
  expect(await vault.newKeys('ajuni', 2)).toHaveLength(2); // made ahead
  await expect(vault.newKeys('ajuni', 2000)).rejects.toEqual(unavailable);
  await expect(vault.keys('ajuni', ['019a0000-0000-7000-8000-000000000001'])).rejects.toEqual(unavailable);
  await expect(vault.destroy('ajuni', [ready[0]?.id ?? ''])).rejects.toEqual(unavailable);
  await setConnections(true);
  await vault.destroy('ajuni', [ready[0]?.id ?? '']);
  expect(await vault.newKeys('ajuni', 2000)).toHaveLength(2000);
});
