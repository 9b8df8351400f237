import { KmsKek } from '@heed/crypto';
import { eventually, TestBao } from '@heed/testing';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConsentUnderTest } from './consent-under-test.js';

let dir: string;
let bao: TestBao;
let system: ConsentUnderTest;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-kms-'));
  bao = await TestBao.start(dir);
  const kek = new KmsKek({ url: bao.url, mount: 'transit', tokenFile: bao.tokenFile, ca: await readFile(bao.caFile, 'utf8'), timeoutMs: 3000, prefix: 'heed' });
  system = await ConsentUnderTest.start({ ...bao.environment, HEED_KEK_TIMEOUT_MS: '1000', HEED_KEY_CACHE: 'PT15M' }, kek);
});
afterAll(async () => {
  await system.stop();
  await bao.kill();
  await rm(dir, { recursive: true, force: true });
});

type Person = { identifiers: { type: string; value: string }[] };
const person = (): Person => ({ identifiers: [{ type: 'email', value: `${randomUUID()}@kms-away.example` }] });
const grant = (subject: Person): ReturnType<ConsentUnderTest['decide']> =>
  system.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }] });

/** Files of the whole server, tables and write-ahead log, in which this text stands. A running server renames and removes files of its own meanwhile. */
async function filesWith(text: string): Promise<readonly string[]> {
  await system.service.sql('CHECKPOINT');
  const [row] = await system.service.sql<{ data_directory: string }>('SHOW data_directory');
  const found = await promisify(execFile)('grep', ['-rlaF', text, row?.data_directory ?? ''], { maxBuffer: 1 << 24 }).catch((error: { code: number; stdout: string; stderr: string }) => {
    const unread = error.stderr.split('\n').filter((line) => line !== '' && !line.endsWith(': No such file or directory'));
    if (error.code === 1 || (error.code === 2 && unread.length === 0)) return { stdout: error.stdout };
    throw error;
  });
  return found.stdout.split('\n').filter((line) => line !== '');
}

it('serves on cached keys while the KMS is away, then answers 503 and writes nothing, and goes on when it is back', async () => {
  const [before, cached, refused] = [person(), person(), person()];
  expect((await grant(before)).status).toBe(201);
  await bao.kill();

  system.clock.advance({ minutes: 14 });
  expect((await grant(cached)).status).toBe(201);
  expect((await system.withdraw({ subject: before, purposes: ['analytics'] })).status).toBe(202);

  system.clock.advance({ minutes: 2 });
  for (const answer of [await grant(refused), await system.withdraw({ subject: before, purposes: 'all' }), await system.check({ subject: cached, purpose: 'analytics' })]) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'keys_unavailable' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }

  await system.service.sql(`CREATE TABLE control AS SELECT 'control-${refused.identifiers[0]?.value ?? ''}' AS text`);
  expect(await filesWith(`control-${refused.identifiers[0]?.value ?? ''}`)).not.toEqual([]); // the search finds what is there
  await system.service.sql('DROP TABLE control');
  for (const { identifiers: [identifier] } of [before, cached]) expect(await filesWith(identifier?.value ?? '')).toEqual([]);

  await bao.begin();
  await eventually(async () => expect((await grant(refused)).status).toBe(201), { timeoutMs: 30_000 });
  const answer = await system.check({ subject: cached, purpose: 'analytics' });
  expect(answer).toMatchObject({ status: 200, body: { allowed: true } });
});

it('tells how old the keys in memory are, and how old they may become', async () => {
  const metrics = async (): Promise<string> => (await fetch(`${system.service.url}/metrics`)).text();
  await eventually(async () => expect(await metrics()).toMatch(/heed_key_cache_limit_seconds\{[^}]*\} 900\n/), { timeoutMs: 20_000 });
  expect(await metrics()).toMatch(/heed_key_cache_age_seconds\{[^}]*\} \d/);
});
