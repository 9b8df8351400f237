import { generateAgentKeys } from '@heed/crypto';
import { appendLeaves, inclusionProof, newSalt, recordHash, signCheckpoint, vkeyOf } from '@heed/ledger';
import type { LedgerRecord, ReadTile } from '@heed/ledger';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const HEED = join(import.meta.dirname, '..', 'bin', 'heed.js');
const ORIGIN = 'heed/consent/ajuni';
const key = generateAgentKeys().signing;
const tiles = new Map<string, Buffer>();
const readTile: ReadTile = (wanted) => Promise.resolve(wanted.map(({ level, index }) => tiles.get(`${level}/${index}`) ?? Buffer.alloc(0)));
const records: LedgerRecord[] = Array.from({ length: 1203 }, (_, i) => ({
  id: `0192f3c4-0000-7000-8000-${i.toString(16).padStart(12, '0')}`,
  kind: 'consent.given',
  at: '2026-11-21T10:00:00.000Z',
  ref: 'sub_1',
  data: { version: i },
  salt: newSalt(),
}));
const notes: string[] = [];
/** What the next looks at the ledger say of its pruning. */
const prunings: ({ upTo: number; before: string; by: string } | null)[] = [];
let dir: string;
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(new URL(request.url ?? '', 'http://heed'))));
});

/** The routes of `/v1/ledger/consent` over a ledger in memory, which grew once more since its last checkpoint. */
function answer({ pathname, searchParams }: URL): object {
  const at = Number(searchParams.get('cursor') ?? 0);
  const limit = Number(searchParams.get('limit'));
  const page = (items: readonly object[]): object => ({ items: items.slice(at, at + limit), nextCursor: at + limit < items.length ? String(at + limit) : null });
  if (pathname.endsWith('/checkpoints')) return page(notes.map((note) => ({ note, madeAt: '2026-11-21T10:00:00.000Z' })));
  if (pathname.endsWith('/records')) return page(records.map((record, index) => ({ index, ...record })));
  const tile = /\/tiles\/(.*)$/.exec(pathname)?.[1];
  if (tile !== undefined) return { hashes: tiles.get(tile)?.toString('base64') };
  return { origin: ORIGIN, size: records.length, root: '', key: vkeyOf(ORIGIN, key.x), checkpoint: notes.at(-1), pruned: prunings.shift() ?? null };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-cli-ledger-'));
  let size = 0;
  for (const count of [600, 600, 3]) {
    const grown = await appendLeaves(size, records.slice(size, size + count).map(recordHash), readTile);
    for (const { level, index, hashes } of grown.tiles) tiles.set(`${level}/${index}`, hashes);
    if (count > 3) notes.push(signCheckpoint({ origin: ORIGIN, size: grown.size, root: grown.root }, key));
    size = grown.size;
  }
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true });
});

function heed(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const remote = { HEED_ORIGIN: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, HEED_TOKEN: 'a-token' };
  return new Promise((resolve) => {
    execFile(process.execPath, [HEED, 'ledger', ...args], { env: { ...process.env, ...remote } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('heed ledger', () => {
  it('exports a ledger by page up to its newest checkpoint, and verifies it without asking anybody', async () => {
    const folder = join(dir, 'export');
    expect(await heed('export', '--owner', 'consent', '--to', folder)).toMatchObject({ code: 0, out: expect.stringContaining('1200 records') as string });
    expect((await readdir(folder)).sort()).toEqual(['checkpoint', 'checkpoints.ndjson', 'key', 'records.ndjson', 'tile']);
    expect((await readFile(join(folder, 'records.ndjson'), 'utf8')).trimEnd().split('\n')).toHaveLength(1200);
    const { code, out } = await heed('verify', folder, '--key', join(folder, 'key'));
    expect(out).toMatch(/^VERIFIED: heed\/consent\/ajuni, 1200 records/);
    expect(code).toBe(0);
    expect(await heed('export', '--to', folder)).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') as string });
  });

  it('begins an export again where the ledger was pruned meanwhile: what is gone would look as if somebody had taken it out', async () => {
    prunings.push(null, { upTo: 7, before: '2026-11-21T09:00:00.000Z', by: 'AJU-29' });
    const folder = join(dir, 'pruned-meanwhile');
    const { code, err } = await heed('export', '--to', folder);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('begins again') as string });
    expect(await heed('verify', folder)).toMatchObject({ code: 0 });
    // Told of, and not under a checkpoint yet.
    prunings.push({ upTo: 7, before: '2026-11-21T09:00:00.000Z', by: 'AJU-29' }, { upTo: 7, before: '2026-11-21T09:00:00.000Z', by: 'AJU-29' });
    expect((await heed('export', '--to', join(dir, 'pruned-before'))).err).toContain('begins again');
  });

  it('says in one line why an export is not verified, and in JSON where', async () => {
    const folder = join(dir, 'tampered');
    await heed('export', '--to', folder);
    await appendFile(join(folder, 'records.ndjson'), `${JSON.stringify({ index: 1200, ...records[1200] })}\n`);
    const { code, err, out } = await heed('verify', folder);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^heed: NOT VERIFIED \(record_inserted\): Record 0192f3c4-0000-7000-8000-0000000004b0 was inserted.*\n$/);
    const inJson = await heed('verify', folder, '--json');
    expect(inJson.code).toBe(1);
    expect(JSON.parse(inJson.out)).toMatchObject({ verified: false, finding: { code: 'record_inserted', index: 1200 } });
  });

  it('refuses an export that is older than a trusted checkpoint', async () => {
    const folder = join(dir, 'older');
    await heed('export', '--to', folder);
    const trusted = join(dir, 'trusted');
    await writeFile(trusted, signCheckpoint({ origin: ORIGIN, size: 1203, root: Buffer.alloc(32) }, key));
    expect(await heed('verify', folder, '--trusted', trusted)).toMatchObject({ code: 1, err: expect.stringContaining('rolled_back') as string });
  });

  it('verifies a piece of evidence with the key alone, and not without', async () => {
    const inclusion = (await inclusionProof(77, 1200, readTile)).map((hash) => hash.toString('base64'));
    const [file, wrong, keyFile] = [join(dir, 'evidence.json'), join(dir, 'wrong.json'), join(dir, 'consent.key')];
    const evidence = { origin: ORIGIN, index: 77, size: 1200, record: records[77], inclusion, checkpoint: notes[1] };
    await writeFile(file, JSON.stringify(evidence));
    await writeFile(wrong, JSON.stringify({ ...evidence, index: 78 }));
    await writeFile(keyFile, (await heed('key')).out);
    expect(await heed('verify', file, '--key', keyFile)).toMatchObject({ code: 0, out: expect.stringContaining('record 77 of heed/consent/ajuni') as string });
    expect(await heed('verify', wrong, '--key', keyFile)).toMatchObject({ code: 1 });
    expect(await heed('verify', file)).toMatchObject({ code: 2 });
    expect(await heed('verify', keyFile)).toMatchObject({ code: 1, err: expect.stringContaining('is no JSON') as string });
    expect(await heed('verify', join(dir, 'nowhere'))).toMatchObject({ code: 1, err: expect.stringContaining('There is no') as string });
  });

  it('shows how far a ledger is', async () => {
    const { out } = await heed('show');
    expect(out).toContain('heed/consent/ajuni');
    expect(out).toContain(notes[1]);
  });
});
