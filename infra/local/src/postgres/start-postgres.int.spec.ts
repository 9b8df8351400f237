import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPostgres, type EmbeddedPostgres } from './start-postgres.js';

let folder: string;
let running: EmbeddedPostgres | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-pg-'));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await running?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('keeps what was committed through a kill -9, and takes up the data at the next start', async () => {
  const dir = join(folder, 'data');
  running = await startPostgres({ dir, port: 0 });
  await query(running.url, 'CREATE TABLE kept AS SELECT 7 AS n');
  await running.kill();
  running = await startPostgres({ dir, port: 0 });
  expect(await query(running.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

it('ends a server of a killed start that still holds the data', async () => {
  const dir = join(folder, 'data');
  const left = await startPostgres({ dir, port: 0 });
  running = await startPostgres({ dir, port: 0 });
  await expect(left.exited).resolves.toBeDefined();
  expect(running.pid).not.toBe(left.pid);
});

it('starts in spite of a pid file whose pid belongs to a stranger', async () => {
  const dir = join(folder, 'data');
  await (await startPostgres({ dir, port: 0 })).stop();
  await writeFile(join(dir, 'postmaster.pid'), `${process.pid}\n${dir}\n1\n5432\n\n127.0.0.1\n`);
  running = await startPostgres({ dir, port: 0 });
  expect(await query(running.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

it('refuses a wrong password', async () => {
  running = await startPostgres({ dir: join(folder, 'data'), port: 0, password: 'right' });
  await expect(query(running.url.replace('right', 'wrong'), 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});
