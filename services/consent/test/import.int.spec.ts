import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConsentUnderTest } from './consent-under-test.js';

const HEED = path.join(import.meta.dirname, '../../../libs/cli/bin/heed.js');
const MAP = `
identifiers: { email: E-mail, phone: { column: Phone } }
purposes: { marketing_email: Newsletter, analytics: Statistics }
answers: { given: [ja], refused: [nein], withdrawn: [abgemeldet] }
occurredAt: Date
dates: dmy
method: { value: newsletter_tool }
jurisdiction: Country
`;
const HEAD = 'E-mail;Phone;Newsletter;Statistics;Date;Country';

let consent: ConsentUnderTest;
let folder: string;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  folder = await mkdtemp(path.join(tmpdir(), 'heed-import-'));
  await writeFile(path.join(folder, 'map.yaml'), `${MAP}delimiter: ";"\n`);
  return async () => {
    await rm(folder, { recursive: true });
    await consent.stop();
  };
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as people run it, against the service under test. */
async function heed(...args: readonly string[]): Promise<Run> {
  const env = { HEED_ORIGIN: consent.service.url, HEED_TOKEN: await consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform', 'dpo'] }) };
  return new Promise((resolve) => {
    execFile(process.execPath, [HEED, ...args], { cwd: folder, env, maxBuffer: 64 << 20 }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
  });
}

const file = async (...rows: readonly string[]): Promise<string> => {
  const name = path.join(folder, `${randomUUID()}.csv`);
  await writeFile(name, [HEAD, ...rows, ''].join('\r\n'));
  return name;
};
const someone = (): string => `${randomUUID()}@example.com`;
const recordCount = async (): Promise<number> => Number((await consent.service.sql<{ count: string }>('SELECT count(*) FROM t_ajuni.consent_record'))[0]?.count);
const why = async (email: string, purpose: string): Promise<unknown> => (await consent.check({ subject: { identifiers: [{ type: 'email', value: email }] }, purpose })).body['reason'];

describe('heed consents import', () => {
  it('records what a file says, as of when it says it; again it does nothing twice', async () => {
    const [ada, bob, eve] = [someone(), someone(), someone()];
    const csv = await file(`${ada};;ja;nein;03.02.2025;in`, `${bob};098765 43210;abgemeldet;;04.02.2025 10:30;IN`, `${eve};;;;05.02.2025;IN`);
    const first = await heed('consents', 'import', csv, '--map', 'map.yaml');
    expect(first).toMatchObject({ code: 0, out: 'Imported: 2 recorded, 1 without a decision.\n' });
    expect([await why(ada, 'marketing_email'), await why(ada, 'analytics'), await why(bob, 'marketing_email'), await why(eve, 'analytics')]).toEqual(['given', 'refused', 'withdrawn', 'no_decision']);
    const [record] = await consent.service.sql('SELECT occurred_at, method, jurisdiction FROM t_ajuni.consent_record WHERE purpose = $1 AND method = $2', ['analytics', 'newsletter_tool']);
    expect(record).toEqual({ occurred_at: new Date('2025-02-03T00:00:00Z'), method: 'newsletter_tool', jurisdiction: 'IN' });

    const before = await recordCount();
    expect(await heed('consents', 'import', csv, '--map', 'map.yaml')).toMatchObject({ code: 0, out: 'Imported: 2 recorded before, 1 without a decision.\n' });
    expect(await recordCount()).toBe(before);
  });

  it('a no that a later file says again is a no again, and each row of one file counts', async () => {
    await writeFile(path.join(folder, 'today.yaml'), 'identifiers: { email: E-mail }\npurposes: { analytics: Answer }\n');
    const [eve, dan] = [someone(), someone()];
    const imported = async (name: string, ...rows: readonly string[]): Promise<Run> => {
      await writeFile(path.join(folder, name), `\uFEFFE-mail,Answer\n${rows.join('\n')}\n`);
      return heed('consents', 'import', name, '--map', 'today.yaml');
    };
    expect(await imported('monday.csv', `${eve},no`)).toMatchObject({ code: 0, out: 'Imported: 1 recorded.\n' });
    consent.clock.advance({ minutes: 1 });
    await consent.decide({ subject: { identifiers: [{ type: 'email', value: eve }] }, decisions: [{ purpose: 'analytics', decision: 'given' }] });
    expect(await why(eve, 'analytics')).toBe('given');
    const before = await recordCount();
    consent.clock.advance({ minutes: 1 });
    expect(await imported('thursday.csv', `${eve},no`, `${dan},no`, `${dan},yes`, `${dan},no`)).toMatchObject({ code: 0, out: 'Imported: 4 recorded.\n' });
    expect([await why(eve, 'analytics'), await why(dan, 'analytics')]).toEqual(['refused', 'refused']);
    expect(await recordCount()).toBe(before + 4);
  });

  it('tells a row that lacks a cell by its line, and records the rest', async () => {
    const bob = someone();
    const csv = await file(`${someone()};;ja`, `${someone()};;ja;;03.02.2025;IN;more`, `${bob};;ja;;03.02.2025;IN`);
    const run = await heed('consents', 'import', csv, '--map', 'map.yaml');
    expect(run).toMatchObject({ code: 1, out: 'Imported: 1 recorded, 2 not readable.\n' });
    expect(run.err).toMatch(/line 2: the row has more or fewer cells.*\n.*line 3: the row has more or fewer cells/);
    expect(await why(bob, 'marketing_email')).toBe('given');
  });

  it('sends nothing of a file that is not UTF-8, nor where the report cannot be written', async () => {
    const before = await recordCount();
    const good = await file(`${someone()};;ja;;03.02.2025;IN`);
    await writeFile(path.join(folder, 'latin.csv'), Buffer.concat([await readFile(good), Buffer.from('j\u00fcrgen@example.com;;ja;;03.02.2025;IN\r\n', 'latin1')]));
    expect(await heed('consents', 'import', 'latin.csv', '--map', 'map.yaml')).toMatchObject({ code: 2, err: expect.stringContaining('latin.csv is not UTF-8 at line 3') as string });
    const unwritten = await heed('consents', 'import', good, '--map', 'map.yaml', '--report', 'no/such/folder.ndjson');
    expect(unwritten).toMatchObject({ code: 2, err: expect.stringContaining('no/such/folder.ndjson cannot be written: ENOENT') as string });
    expect(await recordCount()).toBe(before);
  });

  it('as a dry run names the mistakes by their lines, without the cells, writes nothing, and ends with 1', async () => {
    const before = await recordCount();
    const csv = await file(`${someone()};;ja;;03.02.2025;IN`, `not-an-address;;ja;;03.02.2025;IN`, `${someone()};;vielleicht;;03.02.2025;IN`, `${someone()};;ja;;32.02.2025;IN`);
    const run = await heed('consents', 'import', csv, '--map', 'map.yaml', '--dry-run', '--report', 'report.ndjson');
    expect(run.code).toBe(1);
    expect(run.out).toBe('Checked: 1 would be recorded, 3 not readable.\n');
    expect(run.err).toMatch(/line 3: .*identifier_invalid/);
    expect(run.err).toMatch(/line 4: the answer for marketing_email is none of the words/);
    expect(run.err).toMatch(/line 5: the time is not written/);
    expect(run.err).toContain('heed: 3 of 4 decisions would not be recorded.');
    const report = await readFile(path.join(folder, 'report.ndjson'), 'utf8');
    expect(report.trimEnd().split('\n').map((line) => (JSON.parse(line) as { line: number; status: string }).status).toSorted()).toEqual(['invalid', 'invalid', 'invalid', 'valid']);
    expect(run.err + run.out + report).not.toMatch(/not-an-address|vielleicht|example\.com/);
    expect(await recordCount()).toBe(before);
  });

  it('sends nothing of a file that lacks a column or is no CSV, nor by a mapping that is none', async () => {
    await writeFile(path.join(folder, 'short.csv'), 'E-mail;Newsletter\r\na@example.com;ja\r\n');
    expect(await heed('consents', 'import', 'short.csv', '--map', 'map.yaml')).toMatchObject({ code: 2, err: expect.stringContaining('has no column "Phone", "Statistics", "Date", "Country"') as string });
    await writeFile(path.join(folder, 'bad.yaml'), 'identifiers: { email: E-mail }\n');
    expect(await heed('consents', 'import', 'short.csv', '--map', 'bad.yaml')).toMatchObject({ code: 2, err: expect.stringContaining('bad.yaml is no mapping: says what was decided') as string });
    const torn = await file(`"${someone()};;ja;;03.02.2025;IN`);
    expect(await heed('consents', 'import', torn, '--map', 'map.yaml')).toMatchObject({ code: 1, err: expect.stringContaining('is no CSV at line') as string });
  });
});

describe('heed consents export', () => {
  it('writes the whole register as a table or as lines, by refs alone', async () => {
    const csv = await heed('consents', 'export', '--format', 'csv');
    const ndjson = await heed('consents', 'export', '--to', 'register.ndjson');
    const lines = (await readFile(path.join(folder, 'register.ndjson'), 'utf8')).trimEnd().split('\n');
    expect([csv.code, ndjson.code]).toEqual([0, 0]);
    expect(lines).toHaveLength(await recordCount());
    expect(csv.out.split('\r\n')[0]).toMatch(/^id,ref,purpose,state,tookEffect,/);
    expect(csv.out.trimEnd().split('\r\n')).toHaveLength(lines.length + 1);
    expect(csv.out).not.toContain('@example.com');
  });
});

describe('heed consents batch', () => {
  it('prints the result of each line, and ends with 1 where one was not recorded', async () => {
    const subject = { identifiers: [{ type: 'email', value: someone() }] };
    const lines = [{ id: randomUUID(), subject, purposes: ['analytics'] }, { id: randomUUID(), subject, purposes: ['no_such_purpose'] }];
    await writeFile(path.join(folder, 'lines.ndjson'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const run = await heed('consents', 'batch', 'lines.ndjson');
    expect(run).toMatchObject({ code: 1, err: expect.stringContaining('heed: 1 of 2 lines were not recorded.') as string });
    expect(run.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status)).toEqual(['recorded', 'refused']);
  });
});
