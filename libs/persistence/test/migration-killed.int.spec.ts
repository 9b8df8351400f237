import { migrate, persistenceMigrations } from '@heed/persistence';
import type { MigrateOptions, MigrationSet } from '@heed/persistence';
import { testServers } from '@heed/testing';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './support/catalogue.js';

const CHILD = path.join(import.meta.dirname, 'support/migrate.child.ts');
let folder: string;
let sets: readonly MigrationSet[];

/** Two files of a tenant's belong together; a third commits by itself, so that a kill can fall between them. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'heed-killed-'));
  await writeFile(path.join(folder, '0001_notes.sql'), 'CREATE TABLE note (id uuid PRIMARY KEY); REVOKE DELETE ON note FROM {{role}};');
  await writeFile(path.join(folder, '0002_filled.sql'), '-- heed: own transaction\nINSERT INTO note VALUES (gen_random_uuid());');
  await writeFile(path.join(folder, '0003_more.sql'), 'ALTER TABLE note ADD COLUMN text text;');
  sets = [...persistenceMigrations, { name: 'notes', scope: 'tenant', dir: folder }];
});
afterAll(() => rm(folder, { recursive: true }));

type Job = Omit<MigrateOptions, 'progress'>;

async function job(): Promise<Job> {
  const database = `test_killed_${randomBytes(4).toString('hex')}`;
  const keysDir = await mkdtemp(path.join(folder, 'keys-'));
  const tenants = [{ id: 'ajuni', isolation: 'role' }, { id: 'askasia', isolation: 'login' }] as const;
  return { service: 'killed', database, adminUrl: testServers().postgresUrl, password: 'test', tenants, keysDir, sets, parallel: 1 };
}

function child(options: Job, failpoint?: string): { ended: Promise<string | number | null>; lines: () => string } {
  const args = ['--disable-warning=ExperimentalWarning', CHILD, JSON.stringify(options), ...(failpoint ? [failpoint] : [])];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  process_.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(process_, 'close').then(([code, signal]: unknown[]) => (signal ?? code) as string | number | null);
  return { ended, lines: () => text };
}

const made = (options: Job): Promise<readonly string[]> => catalogue(options.adminUrl, options.database ?? '');

describe('a migration job that is killed', () => {
  it('goes on where it stopped, wherever that was, and ends with what an undisturbed one makes', async () => {
    const undisturbed = await job();
    await migrate({ ...undisturbed, progress: () => undefined });
    const expected = await made(undisturbed);
    expect(expected.filter((line) => line.startsWith('tenant '))).toHaveLength(2);
    const files = expected.filter((line) => /^(applied|t_)/.test(line)).length;
    const passes = (point: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${point}:${i + 1}`);
    const points = [...passes('migrate.before-file', files), ...passes('migrate.after-file', files), ...passes('migrate.before-admission', 2), ...passes('migrate.tenant-admitted', 2)];
    for (const point of points) {
      const options = await job();
      expect([point, await child(options, point).ended]).toEqual([point, 'SIGKILL']);
      await migrate({ ...options, progress: () => undefined });
      expect({ point, made: await made(options) }).toEqual({ point, made: expected });
    }
  }, 180_000);

  it('never runs beside another: the second says for whom it waits, and finds nothing to do', async () => {
    const options = await job();
    const slow = path.join(folder, 'slow');
    await mkdir(slow);
    await writeFile(path.join(slow, '0001_slow.sql'), 'SELECT pg_sleep(1.5);');
    const slowly = { ...options, sets: [...sets, { name: 'slow', scope: 'service', dir: slow } as const] };
    const two = [child(slowly), child(slowly)];
    expect(await Promise.all(two.map(({ ended }) => ended))).toEqual([0, 0]);
    const [waited] = two.filter(({ lines }) => lines().includes('waits for another migration'));
    expect(waited?.lines()).toMatch(/^killed: waits for another migration: heed migration of killed \(process \d+ on .*, since \d{4}-.*Z\nkilled: ready, 2 tenants\n$/);
  });
});
