import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileKek } from '@heed/crypto';
import type { Place } from '@heed/crypto';
import { askRotation, FieldVault, keyShredMigrations, keyStatus, restoreShreds, retireOldKeks, KeyRotation, RotationLog } from '@heed/key-store';
import type { RotationLevel } from '@heed/key-store';
import { Database, persistenceMigrations, promiseKeys, UnitOfWork } from '@heed/persistence';
import { loadSamplePack } from '@heed/policy';
import { ServiceBed, TestKeys, VirtualClock } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { notes } from './notes.mjs';

const START = '2026-11-21T10:00:00Z';
const NOTES = 60;
const clock = new VirtualClock(START);
let dir: string;
let bed: ServiceBed;
let keys: TestKeys;
let admin: pg.Client;
let keysAdmin: pg.Client;
let database: Database;
let unitOfWork: UnitOfWork;
let urls: { url: string; keysUrl: string };
const open: FieldVault[] = [];

/** A tenant of its own for every test would cost a database each: everything is made anew instead. */
beforeEach(async () => {
  clock.set(START);
  dir = await mkdtemp(path.join(tmpdir(), 'heed-turn-'));
  keys = new TestKeys(dir);
  await database?.close();
  await admin?.end();
  const { url, adminUrl } = await bed.migrated('turning', [...persistenceMigrations, ...keyShredMigrations]);
  urls = { url, keysUrl: await keys.migrated('turning', ['aurigen']) };
  admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const role = `${new URL(url).pathname.slice(1)}_t_aurigen`;
  await admin.query(`CREATE TABLE t_aurigen.note (owner text PRIMARY KEY, sealed bytea NOT NULL); GRANT ALL ON t_aurigen.note TO "${role}"`);
  keysAdmin = new pg.Client({ connectionString: keys.adminUrl });
  await keysAdmin.connect();
  await keysAdmin.query(`UPDATE shared.kek SET rotated_at = '${START}'`);
  database = new Database({ url, keysDir: bed.keysDir, clock });
  unitOfWork = new UnitOfWork(database);
  return async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await keysAdmin.end();
    await rm(dir, { recursive: true, force: true });
  };
});
beforeAll(async () => {
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'aurigen', isolation: 'role' }] });
});
afterAll(async () => {
  await admin.end();
  await database.close();
  await bed.stop();
});

function vault(): FieldVault {
  const made = new FieldVault({
    service: 'turning', database: new Database({ url: urls.keysUrl, keysDir: dir, clock, poolSize: 4 }), kek: new FileKek(keys.kekDir), clock, cacheMs: 900_000, cacheSize: 10,
  });
  open.push(made);
  return made;
}
const rotation = (of: FieldVault): KeyRotation => new KeyRotation({ vault: of, database, unitOfWork, tables: [notes] });
const place = (owner: string): Place => ({ tenant: 'aurigen', subject: owner, type: 'note', field: 'text' });
const owner = (n: number): string => `sub_${String(n).padStart(4, '0')}`;

async function writeNotes(with_: FieldVault, from = 0, count = NOTES): Promise<void> {
  const made = await with_.newKeys('aurigen', count);
  const sealed = made.map((key, n) => with_.seal(key, place(owner(from + n)), `note ${from + n}`));
  await unitOfWork.run('aurigen', (tx) =>
    tx.query('INSERT INTO note (owner, sealed) SELECT o, s FROM unnest($1::text[], $2::bytea[]) AS n(o, s)', [made.map((_, n) => owner(from + n)), sealed]),
  );
}
async function readNotes(with_: FieldVault): Promise<readonly (string | undefined)[]> {
  const { rows } = await admin.query<{ owner: string; sealed: Buffer }>('SELECT owner, sealed FROM t_aurigen.note ORDER BY owner');
  return with_.open('aurigen', rows.map((row) => ({ place: place(row.owner), sealed: row.sealed })));
}
const expected = (count = NOTES): string[] => Array.from({ length: count }, (_, n) => `note ${n}`);
const epochs = async (): Promise<unknown> => (await keysAdmin.query('SELECT epoch, kek_version FROM turning.intermediate_key ORDER BY epoch')).rows;
const dataEpochs = async (): Promise<unknown> => (await keysAdmin.query('SELECT DISTINCT epoch FROM turning.data_key ORDER BY epoch')).rows;
const told = async (): Promise<unknown> => (await admin.query(`SELECT data FROM t_aurigen.ledger_entry WHERE kind = 'key.rotated' ORDER BY id`)).rows.map((row: { data: unknown }) => row.data);
const ask = (of: FieldVault, level: RotationLevel): Promise<boolean> => new RotationLog(of.options).request('aurigen', level, 'asked');
const askKek = (): Promise<unknown> => keysAdmin.query('UPDATE shared.kek SET asked_at = $1', [new Date(clock.now().getTime() + 1)]);

it('wraps intermediate keys under a new key-encryption key; once the old one is retired, an older copy of the keys database opens nothing', async () => {
  const one = vault();
  await writeNotes(one);
  const { rows: [copy] } = await keysAdmin.query<{ kek_version: number; wrapped: Buffer }>('SELECT kek_version, wrapped FROM turning.intermediate_key');
  await askKek();
  await rotation(one).run();
  expect(await epochs()).toEqual([{ epoch: 1, kek_version: 2 }]);
  expect(await told()).toEqual([{ level: 'kek', version: 2 }]);
  const kek = new FileKek(keys.kekDir);
  const unwrapCopy = (): Promise<Buffer> => kek.unwrap('aurigen', { version: copy?.kek_version ?? 0, bytes: copy?.wrapped ?? Buffer.alloc(0) }, 'ik|turning|aurigen|1');
  expect(await unwrapCopy()).toHaveLength(32);
  await kek.retire('aurigen', 1);
  await expect(unwrapCopy()).rejects.toMatchObject({ code: 'kek_missing' });
  expect(await readNotes(vault())).toEqual(expected());
  await rotation(one).run(); // nothing more is due
  expect(await told()).toHaveLength(1);
});

it('gives a service a new intermediate key while others write and read, and ends the old one when nothing is left under it', async () => {
  const [one, other] = [vault(), vault()];
  await writeNotes(one);
  await other.keys('aurigen', [(await one.newKeys('aurigen', 1))[0]?.id ?? '']); // it has the old ring
  await ask(one, 'ik');
  let over = false;
  const busy = (async () => {
    let written = NOTES;
    while (!over) {
      await writeNotes(other, written, 10);
      written += 10;
      expect((await readNotes(other)).slice(0, 3)).toEqual(expected(3));
    }
    return written;
  })();
  await rotation(one).run();
  over = true;
  const written = await busy;
  expect(await epochs()).toEqual([{ epoch: 2, kek_version: 1 }]);
  await writeNotes(other, written, 500); // more than it had made ahead: its ring knows the epoch that ended
  expect(await dataEpochs()).toEqual([{ epoch: 2 }]);
  expect(await readNotes(vault())).toEqual(expected(written + 500));
  expect(await told()).toEqual([{ level: 'ik', epoch: 2 }]);
});

it('leaves blind indexes as they are, and a destroyed key destroyed', async () => {
  const one = vault();
  await writeNotes(one);
  const before = (await one.indexes('aurigen')).current.of('email', 'ada@example.com');
  const { rows: [first] } = await admin.query<{ sealed: Buffer }>('SELECT sealed FROM t_aurigen.note ORDER BY owner LIMIT 1');
  await one.destroy('aurigen', [one.keyIdOf(first?.sealed ?? Buffer.alloc(0))]);
  await ask(one, 'ik');
  await rotation(one).run();
  const fresh = vault();
  expect((await fresh.indexes('aurigen')).current.of('email', 'ada@example.com').equals(before)).toBe(true);
  expect((await readNotes(fresh))[0]).toBeUndefined();
  expect((await readNotes(fresh)).slice(1)).toEqual(expected().slice(1));
});

it('seals every row anew under younger keys and has the old ones destroyed', async () => {
  const one = vault();
  await writeNotes(one);
  const old = (await admin.query<{ sealed: Buffer }>('SELECT sealed FROM t_aurigen.note')).rows.map(({ sealed }) => one.keyIdOf(sealed));
  clock.advance({ minutes: 1 });
  await ask(one, 'data');
  await rotation(one).run();
  expect((await new RotationLog(one.options).open('data')).map(({ done }) => done)).toEqual([NOTES]); // another instance may still hand out older keys
  clock.advance({ minutes: 1 });
  await rotation(one).run();
  expect(await new RotationLog(one.options).open('data')).toEqual([]);
  expect(await readNotes(vault())).toEqual(expected());
  const { rows } = await admin.query<{ key_id: string; reason: string }>('SELECT key_id, reason FROM t_aurigen.key_shred');
  expect(new Set(rows.map((row) => row.key_id))).toEqual(new Set(old));
  expect(new Set(rows.map((row) => row.reason))).toEqual(new Set(['rotated']));
});

it('leaves the keys of an older copy alone that its rows are sealed under still, and destroys what was erased since', async () => {
  const one = vault();
  await writeNotes(one, 0, 2);
  const [kept, gone] = (await admin.query<{ sealed: Buffer }>('SELECT sealed FROM t_aurigen.note ORDER BY owner')).rows.map(({ sealed }) => one.keyIdOf(sealed));
  const lost = [
    ...[{ keys: [kept], reason: 'rotated' }, { keys: [gone], reason: 'person_erased' }].map((data) => ({ kind: 'key.shred_ordered', at: START, data })),
    { kind: 'key.destroyed', at: START, data: { keys: [kept, gone] } },
  ];
  expect(await unitOfWork.run('aurigen', (tx) => restoreShreds(tx, lost))).toBe(1);
  const { rows } = await admin.query('SELECT key_id, reason FROM t_aurigen.key_shred');
  expect(rows).toEqual([{ key_id: gone, reason: 'person_erased' }]);
  expect((await admin.query('SELECT key_id FROM heed.key_shred_done')).rows).toEqual([{ key_id: gone }]);
});

it('AUR-15: keys are changed as often as the policy promises, by themselves', async () => {
  const { value, source } = loadSamplePack('aurigen').security.keyRotation;
  expect({ value, source }).toEqual({ value: 'P90D', source: 'AUR-15' });
  await unitOfWork.run('aurigen', (tx) => promiseKeys(tx, { kek: 'kms', rotation: value }));
  const one = vault();
  await writeNotes(one);
  clock.advance({ days: 89 });
  await rotation(one).run();
  expect(await epochs()).toEqual([{ epoch: 1, kek_version: 1 }]);
  clock.advance({ days: 1 });
  await rotation(one).run();
  expect(await epochs()).toEqual([{ epoch: 2, kek_version: 2 }]);
  expect(await dataEpochs()).toEqual([{ epoch: 2 }]);
  expect(await readNotes(vault())).toEqual(expected());
  clock.advance({ days: 90 });
  await rotation(one).run();
  expect(await epochs()).toEqual([{ epoch: 3, kek_version: 3 }]);
});

it('lets a new key of blind indexes join, take over and the old one leave', async () => {
  const [one, other] = [vault(), vault()];
  const before = await one.indexes('aurigen');
  expect(before.all.map(({ epoch, state }) => [epoch, state])).toEqual([[1, 'current']]);
  const states = async (): Promise<unknown> => (await other.refreshIndexes('aurigen')).all.map(({ epoch, state }) => [epoch, state]);
  await Promise.all([one.indexEpochs.join('aurigen'), other.indexEpochs.join('aurigen')]);
  expect(await states()).toEqual([[2, 'joining'], [1, 'current']]);
  await one.indexEpochs.promote('aurigen');
  await one.indexEpochs.promote('aurigen');
  expect(await states()).toEqual([[2, 'current'], [1, 'leaving']]);
  expect((await other.indexes('aurigen')).current.of('email', 'a').equals(before.current.of('email', 'a'))).toBe(false);
  await one.indexEpochs.retire('aurigen');
  expect(await states()).toEqual([[2, 'current']]);
});

it('is asked for, watched and ended by an operator', async () => {
  const one = vault();
  await writeNotes(one);
  const site = { access: { adminUrl: keys.adminUrl }, database: keys.database, kek: new FileKek(keys.kekDir) };
  expect(await keyStatus(site)).toMatchObject([{ service: 'turning', tenant: 'aurigen', kek: { version: 1, asked: false }, epochs: [{ epoch: 1, kekVersion: 1 }], indexes: [{ epoch: 1, state: 'current' }], destroyed: 0, rotations: [] }]);
  await expect(askRotation(site, { level: 'kek', service: 'turning' })).rejects.toMatchObject({ code: 'kek_is_shared' });
  expect([await askRotation(site, { level: 'kek' }), await askRotation(site, { level: 'ik', tenant: 'nobody' }), await askRotation(site, { level: 'ik' })]).toEqual([1, 0, 1]);
  expect(await askRotation(site, { level: 'ik', service: 'turning' })).toBe(0); // it is under way
  expect(await keyStatus(site)).toMatchObject([{ kek: { asked: true }, rotations: [{ level: 'ik', reason: 'asked', finishedAt: null, done: 0 }] }]);
  await site.kek.rotate('aurigen');
  await expect(retireOldKeks(site, 'aurigen')).rejects.toMatchObject({ code: 'kek_in_use' });
  await rotation(one).run();
  expect(await keyStatus(site)).toMatchObject([{ kek: { version: 3, asked: false }, epochs: [{ epoch: 2, kekVersion: 3 }], rotations: [{ done: expect.any(Number), finishedAt: expect.any(Date) }] }]);
  expect(await retireOldKeks(site, 'aurigen')).toBe(3);
  expect(await readNotes(vault())).toEqual(expected());
});

/** Runs one rotation in another process. @returns the signal that ended it */
async function run(failpoint?: string): Promise<NodeJS.Signals | number | null> {
  const told = { service: 'turning', ...urls, kekDir: keys.kekDir, keysDir: dir, at: clock.now().toISOString(), failpoint };
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'rotation-program.mjs'), JSON.stringify(told)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
}

it.each(['keys.kek-rotated', 'keys.intermediate-rewrapped', 'keys.epoch-begun', 'keys.data-rewrapped:2', 'keys.epochs-ended', 'keys.resealed:2'])(
  'killed at %s it loses nothing, and the next run finishes',
  async (failpoint) => {
    const one = vault();
    await writeNotes(one);
    if (failpoint.startsWith('keys.data')) await one.newKeys('aurigen', 1500); // more than one batch
    clock.advance({ minutes: 1 });
    await askKek();
    await ask(one, 'ik');
    await ask(one, 'data');
    clock.advance({ minutes: 2 });
    expect(await run(failpoint)).toBe('SIGKILL');
    expect(await readNotes(vault())).toEqual(expected()); // in between, all of it can be read
    await writeNotes(vault(), NOTES, 5);
    expect(await run()).toBe(0);
    const [newest] = (await epochs()) as { epoch: number; kek_version: number }[];
    expect(await epochs()).toHaveLength(1);
    expect(newest?.epoch).toBe(2);
    expect(newest?.kek_version).toBe(await new FileKek(keys.kekDir).current('aurigen'));
    expect(await dataEpochs()).toEqual([{ epoch: 2 }]);
    expect(await readNotes(vault())).toEqual(expected(NOTES + 5));
    for (const level of ['ik', 'data'] as const) expect(await new RotationLog(one.options).open(level)).toEqual([]);
  },
);
