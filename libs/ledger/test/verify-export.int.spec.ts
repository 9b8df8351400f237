import { describeReport, EMPTY_ROOT, verifyExport, withhold } from '@heed/ledger';
import type { ExportReport, VerifyOptions } from '@heed/ledger';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLedger, numberedRecords } from './memory-ledger.js';
import { askPython } from './python-verifier.js';

const folders: string[] = [];
const exported = async (ledger: MemoryLedger, options: Parameters<MemoryLedger['export']>[0] = {}): Promise<string> => {
  const folder = await ledger.export(options);
  folders.push(folder);
  return folder;
};
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** 700 records in batches: sizes 10, 300, 601 and 700 are signed. */
let ledger: MemoryLedger;
beforeAll(async () => {
  ledger = new MemoryLedger();
  for (const [from, to] of [[0, 10], [10, 300], [300, 601], [601, 700]] as const) await ledger.append(numberedRecords(to - from, from));
});

/** Both implementations look; they must agree on what is wrong and where. */
async function verify(folder: string, options: VerifyOptions = {}): Promise<ExportReport> {
  const report = await verifyExport(folder, options);
  const files: string[] = [];
  for (const [name, text] of [['key', options.vkeys], ['trusted', options.trusted]] as const) {
    if (text === undefined) continue;
    const file = path.join(folder, `given-${name}`);
    await writeFile(file, text);
    files.push(`--${name}`, file);
  }
  const second = askPython(folder, ...files);
  expect(second.verified).toBe(report.verified);
  expect(second.code).toBe(report.finding?.code);
  expect(second.index ?? undefined).toBe(report.finding?.index);
  return report;
}

const lines = async (folder: string, name = 'records.ndjson'): Promise<string[]> => (await readFile(path.join(folder, name), 'utf8')).trimEnd().split('\n');
async function changeLines(folder: string, change: (all: string[]) => string[], name = 'records.ndjson'): Promise<void> {
  await writeFile(path.join(folder, name), change(await lines(folder, name)).map((line) => `${line}\n`).join(''));
}
async function changeBytes(folder: string, name: string, at: number): Promise<void> {
  const bytes = await readFile(path.join(folder, name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path.join(folder, name), bytes);
}
const idOf = (index: number): string => `0192f3c4-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;

describe('an exported ledger', () => {
  it('is verified as a whole, with a key from elsewhere and a checkpoint from before', async () => {
    const report = await verify(await exported(ledger), { vkeys: ledger.vkey, trusted: ledger.checkpoints[1]?.note ?? '' });
    expect(report).toMatchObject({ verified: true, origin: 'heed/consent/ajuni', size: 700, checkpoints: 4, continues: 300, records: { verified: 700, withheld: 0, pruned: 0 } });
    expect(report.root).toBe(ledger.root.toString('base64'));
    expect(describeReport(report).join('\n')).not.toContain('Not verified');
  });

  it('says what is not proven where only the folder is at hand', async () => {
    const words = describeReport(await verify(await exported(ledger))).join('\n');
    expect(words).toContain('It came with the export');
    expect(words).toContain('that others were shown the same ledger');
  });

  it('is verified where records are withheld, and says so', async () => {
    const folder = await exported(ledger, { show: (record) => (record.index % 2 === 0 && 'data' in record ? { index: record.index, ...withhold(record) } : record) });
    expect((await lines(folder))[0]).not.toMatch(/sub_|analytics/);
    const report = await verify(folder);
    expect(report).toMatchObject({ verified: true, records: { verified: 700, withheld: 350 } });
    expect(describeReport(report).join('\n')).toContain('350 records are about');
  });

  it('is verified where records were pruned and the ledger says so, and not where it does not', async () => {
    const pruned = new MemoryLedger();
    await pruned.append(numberedRecords(400));
    await pruned.append(numberedRecords(1, 400, { kind: 'ledger.pruned', data: { upTo: 300 } }));
    const report = await verify(await exported(pruned, { pruned: 300 }));
    expect(report).toMatchObject({ verified: true, pruning: { by: 'AJU-29' }, records: { verified: 101, pruned: 300 } });
    expect(describeReport(report).join('\n')).toContain('what the first 300 records said. They were pruned, being from before 2026-01-01T00:05:00.000Z (AJU-29)');
    expect((await verify(await exported(pruned, { pruned: 301 }))).finding).toMatchObject({ code: 'pruning_unlogged', index: 300 });
    expect((await verify(await exported(ledger, { pruned: 5 }))).finding).toMatchObject({ code: 'pruning_unlogged' });
  });

  it('is verified without any record, and with texts of every kind', async () => {
    expect(await verify(await exported(new MemoryLedger()))).toMatchObject({ verified: true, size: 0 });
    const odd = new MemoryLedger();
    const data = { 'ключ': 'line\u2028separator \u0007 "\\ \u{1F600}', '\u{1F600}': 1e21, '\uFB33': -0, a: 1e-7, b: 333333333.3333333, c: [1e20, 0.000001, 5e-324, 1.5, null, true] };
    await odd.append(numberedRecords(1, 0, { data }));
    expect(await verify(await exported(odd))).toMatchObject({ verified: true, size: 1 });
  });
});

describe('tampering with records is found, and named', () => {
  it.each([
    ['what it says', (line: string) => line.replace('analytics', 'marketing')],
    ['whom it is about', (line: string) => line.replace('"sub_', '"sub_9')],
    ['its kind', (line: string) => line.replace('consent.given', 'consent.gone')],
    ['its time', (line: string) => line.replace('2026-01-01T', '2026-01-02T')],
    ['its salt', (line: string) => line.replace(/"salt":"./, '"salt":"_')],
  ])('a record of which %s was changed', async (_, change) => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => all.with(421, change(all[421] ?? '')));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_changed', index: 421, id: idOf(421) });
  });

  it('a record that was removed, several of them, the first and the last', async () => {
    for (const [at, count] of [[256, 1], [40, 3], [0, 1], [699, 1]] as const) {
      const folder = await exported(ledger);
      await changeLines(folder, (all) => all.toSpliced(at, count));
      expect((await verify(folder)).finding).toMatchObject({ code: 'record_removed', index: at });
    }
  });

  it('a record that was inserted, or is there twice', async () => {
    const made = JSON.stringify({ index: 12, ...numberedRecords(1, 9000)[0] });
    const folder = await exported(ledger);
    await changeLines(folder, (all) => all.toSpliced(12, 0, made));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_inserted', index: 12, id: idOf(9000) });
    for (const [at, copied] of [[13, 12], [700, 3]] as const) {
      const other = await exported(ledger);
      await changeLines(other, (all) => all.toSpliced(at, 0, all[copied] ?? ''));
      expect((await verify(other)).finding).toMatchObject({ code: 'record_inserted', index: at, id: idOf(copied) });
    }
    const appended = await exported(ledger);
    await changeLines(appended, (all) => [...all, made]);
    expect((await verify(appended)).finding).toMatchObject({ code: 'record_inserted', index: 700, id: idOf(9000) });
  });

  it('records whose order was changed, renumbered or not', async () => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => all.with(5, all[9] ?? '').with(9, all[5] ?? ''));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_moved', index: 5, id: idOf(9) });
    await changeLines(folder, (all) => all.map((line, index) => JSON.stringify({ ...(JSON.parse(line) as object), index })));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_moved', index: 5, id: idOf(9) });
  });

  it('a record with another number, and what is no record', async () => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => all.with(7, (all[7] ?? '').replace('"index":7', '"index":8')));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_misnumbered', index: 7 });
    await changeLines(folder, (all) => all.with(7, '{"index":7}'));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_malformed', index: 7 });
  });

  it.each([
    ['a member that some readers drop', '"__proto__":{"approvedBy":"mallory"},'],
    ['a member twice, of which some readers show the other', '"n":-1,"n":-2,'],
    ['half a character', '"x":"\\ud800",'],
    ['more depth than a reader has', `"x":${'['.repeat(50_000)}${']'.repeat(50_000)},`],
  ])('a record with %s', async (_, member) => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => all.with(3, (all[3] ?? '').replace('"data":{', `"data":{${member}`)));
    expect((await verify(folder)).finding).toMatchObject({ code: 'record_malformed', index: 3 });
  });

  it('records that are called pruned by a record that does not say how many', async () => {
    const pruned = new MemoryLedger();
    await pruned.append(numberedRecords(2));
    await pruned.append(numberedRecords(1, 2, { kind: 'ledger.pruned', data: { upTo: 'all' } }));
    expect((await verify(await exported(pruned, { pruned: 1 }))).finding).toMatchObject({ code: 'pruning_unlogged', index: 0 });
  });
});

describe('tampering with the tree is found, and named', () => {
  it('a leaf hash that was changed: its tile, and between which signed sizes', async () => {
    const folder = await exported(ledger);
    await changeBytes(folder, 'tile/0/001', 100 * 32);
    expect((await verify(folder)).finding).toMatchObject({ code: 'tile_changed', tile: 'tile/0/001', index: 300, between: [300, 601] });
    const partial = await exported(ledger);
    await changeBytes(partial, 'tile/0/002.p/188', 187 * 32);
    expect((await verify(partial)).finding).toMatchObject({ code: 'tile_changed', tile: 'tile/0/002.p/188', index: 601, between: [601, 700] });
  });

  it('an upper tile that was changed', async () => {
    const folder = await exported(ledger);
    await changeBytes(folder, 'tile/1/000.p/2', 33);
    const { finding } = await verify(folder);
    expect(finding).toMatchObject({ code: 'tile_changed', tile: 'tile/0/001' });
    expect(finding?.message).toContain('above tile/0/001');
  });

  it('a tile that is missing, and one that is too short', async () => {
    const folder = await exported(ledger);
    const tile = path.join(folder, 'tile/0/001');
    await writeFile(tile, (await readFile(tile)).subarray(32));
    expect((await verify(folder)).finding).toMatchObject({ code: 'tile_changed', tile: 'tile/0/001' });
    await rm(tile);
    expect((await verify(folder)).finding).toMatchObject({ code: 'tile_missing', tile: 'tile/0/001' });
  });

  it('a whole history written anew, as far as it was not signed', async () => {
    const forged = new MemoryLedger();
    await forged.append(numberedRecords(300));
    const changed = numberedRecords(400, 300).map((record, i) => (i === 50 ? { ...record, data: { purpose: 'marketing' } } : record));
    await forged.append(changed);
    const folder = await exported(forged);
    const real = await exported(ledger);
    for (const name of ['checkpoint', 'checkpoints.ndjson', 'key']) await writeFile(path.join(folder, name), await readFile(path.join(real, name)));
    expect((await verify(folder)).finding).toMatchObject({ code: 'tile_changed', tile: 'tile/0/001', between: [300, 601] });
  });
});

describe('tampering with checkpoints is found, and named', () => {
  it('a key that did not sign it, or is none', async () => {
    const folder = await exported(ledger);
    expect((await verify(folder, { vkeys: new MemoryLedger().vkey })).finding).toMatchObject({ code: 'checkpoint_unsigned' });
    expect((await verify(folder, { vkeys: `${ledger.vkey.slice(0, -4)}AAA=` })).finding).toMatchObject({ code: 'key_malformed' });
    const both = `${new MemoryLedger().vkey}\n${ledger.vkey}\n`;
    expect(await verify(folder, { vkeys: both })).toMatchObject({ verified: true });
  });

  it('a key whose id was kept while the key was changed', async () => {
    const folder = await exported(ledger);
    const other = new MemoryLedger().vkey.split('+');
    const vkeys = [other[0], ledger.vkey.split('+')[1], other[2]].join('+');
    expect((await verify(folder, { vkeys })).finding).toMatchObject({ code: 'key_malformed' });
  });

  it('a checkpoint that was changed after it was signed', async () => {
    const folder = await exported(ledger);
    const note = await readFile(path.join(folder, 'checkpoint'), 'utf8');
    await writeFile(path.join(folder, 'checkpoint'), note.replace('\n700\n', '\n699\n'));
    expect((await verify(folder)).finding).toMatchObject({ code: 'checkpoint_signature_wrong' });
    await writeFile(path.join(folder, 'checkpoint'), 'heed/consent/ajuni\n');
    expect((await verify(folder)).finding).toMatchObject({ code: 'checkpoint_malformed' });
  });

  it('two signed checkpoints of one size with different roots', async () => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => [...all, JSON.stringify({ note: ledger.sign(300, EMPTY_ROOT) })], 'checkpoints.ndjson');
    expect((await verify(folder)).finding).toMatchObject({ code: 'checkpoint_forked', between: [0, 300] });
  });

  it('a signed checkpoint that the ledger never had', async () => {
    const folder = await exported(ledger);
    await changeLines(folder, (all) => [...all, JSON.stringify({ note: ledger.sign(450, EMPTY_ROOT) })], 'checkpoints.ndjson');
    expect((await verify(folder)).finding).toMatchObject({ code: 'checkpoint_inconsistent', between: [300, 450] });
  });

  it('an export that ends before a trusted checkpoint, or contradicts it', async () => {
    const shorter = new MemoryLedger(ledger.key);
    await shorter.append(numberedRecords(300));
    const trusted = ledger.checkpoints.at(-1)?.note ?? '';
    expect((await verify(await exported(shorter), { trusted })).finding).toMatchObject({ code: 'rolled_back', between: [300, 700] });
    const other = new MemoryLedger(ledger.key);
    await other.append(numberedRecords(700, 1000));
    expect((await verify(await exported(other), { trusted })).finding).toMatchObject({ code: 'checkpoint_forked' });
    const longer = await new MemoryLedger(ledger.key).append(numberedRecords(800, 1000));
    expect((await verify(await exported(longer), { trusted })).finding).toMatchObject({ code: 'checkpoint_inconsistent' });
  });

  it('a checkpoint of another ledger', async () => {
    const folder = await exported(ledger);
    const other = new MemoryLedger(ledger.key, 'heed/dsar/ajuni');
    await changeLines(folder, (all) => [...all, JSON.stringify({ note: other.sign(0, EMPTY_ROOT) })], 'checkpoints.ndjson');
    expect((await verify(folder, { vkeys: `${ledger.vkey}\n${other.vkey}` })).finding).toMatchObject({ code: 'checkpoint_malformed' });
  });

  it('a file that is missing', async () => {
    for (const name of ['key', 'checkpoint', 'checkpoints.ndjson', 'records.ndjson']) {
      const folder = await exported(ledger);
      await rm(path.join(folder, name));
      expect((await verify(folder)).finding).toMatchObject({ code: 'file_missing' });
    }
  });
});
