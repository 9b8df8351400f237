import { FileKek } from '@heed/crypto';
import { FieldVault, KeyRotation, RotationLog } from '@heed/key-store';
import { isHeedError, systemClock } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { Database, UnitOfWork } from '@heed/persistence';
import { eventually, ServiceBed, testServers } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { consentMigrations } from '../src/index.js';
import { indexedIdentifiers, sealedIdentifiers } from '../src/subject/identifier-rotation.js';
import { SubjectStore } from '../src/subject/subject.store.js';

/** One instance of consent as far as it finds people: with connections, and keys in memory, of its own. */
interface Instance {
  readonly unitOfWork: UnitOfWork;
  readonly database: Database;
  readonly vault: FieldVault;
  readonly subjects: SubjectStore;
}

let bed: ServiceBed;
let made: { url: string; adminUrl: string; keysUrl: string };
let admin: pg.Client;
const instances: Instance[] = [];

function instance(): Instance {
  const database = new Database({ url: made.url, keysDir: bed.keysDir, clock: systemClock, poolSize: 12 });
  const keys = new Database({ url: made.keysUrl, keysDir: bed.keysDir, clock: systemClock, poolSize: 4 });
  const vault = new FieldVault({ service: 'consent', database: keys, kek: new FileKek(bed.keys.kekDir), clock: systemClock, cacheMs: 900_000, cacheSize: 10_000 });
  const one = { database, vault, unitOfWork: new UnitOfWork(database), subjects: new SubjectStore(vault) };
  instances.push(one);
  return one;
}

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock, tenants: [{ id: 'ajuni', isolation: 'role' }] });
  made = await bed.migrated('consent', consentMigrations);
  admin = new pg.Client({ connectionString: made.adminUrl });
  await admin.connect();
});
afterEach(async () => {
  for (const { vault, database } of instances.splice(0)) await Promise.all([vault.close(), database.close()]);
});
afterAll(async () => {
  await admin.end();
  await bed.stop();
});

const somebody = (): Identifier => ({ type: 'user_id', value: randomUUID() });

/** As the callers of the store do: who met somebody at once tries again. */
async function resolve({ unitOfWork, subjects }: Instance, people: readonly Identifier[]): Promise<readonly string[]> {
  for (;;) {
    try {
      const found = await unitOfWork.run('ajuni', (tx) => subjects.resolve(tx, people.map((one) => ({ identifiers: [one] }))));
      return found.map((one) => one?.ref ?? '');
    } catch (error) {
      if (!isHeedError(error) || error.code !== 'person_met_at_once') throw error;
    }
  }
}

async function find({ unitOfWork, subjects }: Instance, people: readonly Identifier[]): Promise<readonly string[]> {
  const found = await unitOfWork.run('ajuni', (tx) => subjects.find(tx, people.map((one) => ({ identifiers: [one] }))));
  return found.map((one) => one?.ref ?? '');
}

const count = async (text: string): Promise<number> => Number((await admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${text}`)).rows[0]?.n);
const epochs = async (): Promise<readonly number[]> =>
  (await admin.query<{ epoch: number }>('SELECT DISTINCT epoch FROM t_ajuni.identifier ORDER BY 1')).rows.map((row) => row.epoch);
const shuffled = <T>(list: readonly T[]): readonly T[] => list.map((one) => [Math.random(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one);

/** Until so many wait for a lock, or the work has ended: no other moment is of interest. */
async function waitingOrDone(work: Promise<unknown>, waiting: number): Promise<void> {
  let done = false;
  const end = (): void => void (done = true);
  work.then(end, end);
  await eventually(async () => done || (await count(`pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)) >= waiting);
}

describe('while the key of the blind indexes changes', () => {
  it('32 writers of the same new people, on instances that have not heard of it, make nobody twice; everybody is found all the while', async () => {
    const [rotating, ...writing] = [instance(), instance(), instance()];
    const old = Array.from({ length: 1200 }, somebody);
    const refs = await resolve(rotating!, old);
    for (const one of writing) await find(one, old.slice(0, 5)); // their keys are in memory from before
    const people = await count('t_ajuni.subject');

    const fresh = Array.from({ length: 300 }, somebody);
    const { database, unitOfWork, vault } = rotating!;
    await new RotationLog(vault.options).request('ajuni', 'index', 'asked');
    let done = false;
    const rotation = new KeyRotation({ vault, database, unitOfWork, tables: [sealedIdentifiers], indexes: [indexedIdentifiers] }).run().finally(() => (done = true));
    const answers = new Map<string, Set<string>>();
    const writer = async (n: number): Promise<void> => {
      const on = writing[n % writing.length]!;
      for (let rounds = 0; rounds < 3 || !done; rounds += 1) {
        const some = shuffled(fresh).slice(0, 40);
        const found = await resolve(on, some);
        some.forEach(({ value }, i) => answers.set(value, (answers.get(value) ?? new Set()).add(found[i] ?? '')));
        expect(await find(on, old.slice(n * 30, n * 30 + 30))).toEqual(refs.slice(n * 30, n * 30 + 30));
      }
    };
    await Promise.all([rotation, ...Array.from({ length: 32 }, (_, n) => writer(n))]);

    expect([...answers.values()].map((one) => one.size)).toEqual([...answers.values()].map(() => 1));
    expect(await count('t_ajuni.subject')).toBe(people + answers.size);
    expect(await epochs()).toEqual([2]);
    for (const one of [...writing, instance()]) expect(await find(one, old)).toEqual(refs);
    expect((await instance().vault.indexes('ajuni')).all.map(({ epoch, state }) => ({ epoch, state }))).toEqual([{ epoch: 2, state: 'current' }]);
  });

  it('the change waits for who is writing, and who comes meanwhile finds the person: not even between look-up and commit is anybody made twice', async () => {
    const [rotating, one, other] = [instance(), instance(), instance()];
    const known = [somebody()];
    for (const each of [one, other]) await resolve(each, known); // their keys are in memory from before
    const fresh = [somebody()];
    const [written, told] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
    const writing = one.unitOfWork.run('ajuni', async (tx) => {
      const [found] = await one.subjects.resolve(tx, [{ identifiers: fresh }]);
      written.resolve(found?.ref ?? '');
      await told.promise;
    });
    const ref = await written.promise;

    await new RotationLog(rotating.vault.options).request('ajuni', 'index', 'asked');
    const { database, unitOfWork, vault } = rotating;
    const changing = new KeyRotation({ vault, database, unitOfWork, tables: [], indexes: [indexedIdentifiers] }).run();
    await waitingOrDone(changing, 1);
    const meeting = resolve(other, fresh);
    await waitingOrDone(meeting, 2);
    told.resolve();
    await Promise.all([writing, changing]);
    expect(await meeting).toEqual([ref]);
    expect(await find(instance(), [...fresh])).toEqual([ref]);
  });

  it.each(['keys.index-joined', 'keys.index-begun', 'keys.reindexed'])('killed at %s, it goes on at the next start, and everybody is found', async (failpoint) => {
    const before = instance();
    const people = Array.from({ length: 700 }, somebody);
    const refs = await resolve(before, people);
    const from = (await epochs()).at(-1) ?? 0;
    await new RotationLog(before.vault.options).request('ajuni', 'index', 'asked');
    const dying = consent({ HEED_FAILPOINT: failpoint });
    const [, signal] = (await once(dying, 'exit', { signal: AbortSignal.timeout(60_000) })) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(await find(before, people)).toEqual(refs);

    const going = consent({});
    await eventually(async () => expect(await new RotationLog(before.vault.options).open('index')).toEqual([]), { timeoutMs: 60_000 });
    going.kill('SIGTERM');
    await once(going, 'exit');
    expect(await epochs()).toEqual([from + 1]);
    expect(await find(before, people)).toEqual(refs);
  });
});

it('a table from an older copy, which names a key that is gone, has the change asked for that ends it', async () => {
  const one = instance();
  const people = Array.from({ length: 20 }, somebody);
  const refs = await resolve(one, people);
  const { database, unitOfWork, vault } = one;
  const rotation = new KeyRotation({ vault, database, unitOfWork, tables: [], indexes: [indexedIdentifiers] });
  await new RotationLog(vault.options).request('ajuni', 'index', 'asked');
  await rotation.run();
  const { current } = await vault.indexes('ajuni');
  await admin.query('UPDATE t_ajuni.blind_index SET epoch = $1', [current.epoch - 1]);
  await admin.query('UPDATE t_ajuni.identifier SET epoch = $1, blind = sha256(blind)', [current.epoch - 1]); // hashes of no key that is left
  await expect(find(one, people)).rejects.toMatchObject({ code: 'keys_unavailable' });
  await rotation.run();
  expect(await find(instance(), people)).toEqual(refs);
  expect(await epochs()).toEqual([current.epoch + 1]);
});

function consent(env: Readonly<Record<string, string>>): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', path.join(import.meta.dirname, '../dist/main.js')], {
    env: {
      HEED_PORT: '0', HEED_DATABASE_URL: made.url, HEED_KEYS_DATABASE_URL: made.keysUrl, HEED_KEYS_DIR: bed.keysDir,
      KAFKA_BROKERS: testServers().brokers, HEED_TOPIC_PREFIX: bed.topicPrefix, HEED_ORIGIN: 'http://127.0.0.1:9', HEED_ISSUER: bed.issuer.url,
      HEED_REGISTRY_URL: bed.stepUps.url, HEED_CLIENT_ID: 'test', HEED_CLIENT_SECRET: 'test', LOG_LEVEL: 'error', KAFKAJS_NO_PARTITIONER_WARNING: '1', ...env,
    },
    stdio: 'inherit',
  });
}

it("people's identifiers get keys of their own anew, and the former keys are destroyed", async () => {
  const one = instance();
  const people = Array.from({ length: 50 }, somebody);
  const refs = await resolve(one, people);
  const keys = async (): Promise<readonly string[]> =>
    (await admin.query<{ id: string }>(`SELECT encode(substring(sealed FROM 2 FOR 16), 'hex') AS id FROM t_ajuni.identifier WHERE ref = ANY($1) ORDER BY ref`, [refs])).rows.map((row) => row.id);
  const before = await keys();
  const { unitOfWork, vault } = one;
  const former = await unitOfWork.run('ajuni', (tx) => sealedIdentifiers.reseal(tx, refs, vault));
  expect([...former].map((id) => id.replaceAll('-', '')).sort()).toEqual([...before].sort());
  const after = await keys();
  expect(new Set([...before, ...after]).size).toBe(100);
  expect(await find(instance(), people)).toEqual(refs);
});
