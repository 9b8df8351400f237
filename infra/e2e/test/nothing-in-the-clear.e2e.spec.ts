import { databaseFiles, files, Heed, records, rows, TraceCollector } from '@heed/e2e';
import type { Disclosure, Piece } from '@heed/e2e';
import { loadSamplePack } from '@heed/policy';
import { eventually } from '@heed/testing';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDayOf } from './a-day.js';
import { MarkedPeople } from './marked-people.js';

const TENANTS = ['ajuni', 'askasia'] as const;

let heed: Heed;
let collector: TraceCollector;
const people = new MarkedPeople();

async function told(pieces: Iterable<Piece> | AsyncIterable<Piece>, search: Disclosure): Promise<{ searched: number; found: readonly string[] }> {
  let searched = 0;
  const found: string[] = [];
  for await (const { where, content } of pieces) {
    searched += content.length;
    found.push(...search.in(content).map((what) => `${where}: ${what}`));
  }
  return { searched, found };
}

const isIngress = (name: string): boolean => name.includes('.ingress.v1') && !name.includes('.dlq');

beforeAll(async () => {
  collector = new TraceCollector();
  heed = await Heed.start({ OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(), LOG_LEVEL: 'debug' });
  for (const tenant of TENANTS) await aDayOf(heed, people, tenant);
});
afterAll(async () => {
  await heed.stop();
  await collector.stop();
});

describe('after a day at debug level, nobody is named', () => {
  it('in any log line', async () => {
    const { searched, found } = await told(files(path.join(heed.home, 'logs'), () => false), people.everyWord());
    expect(found).toEqual([]);
    expect(searched).toBeGreaterThan(100_000);
  });

  it('in any trace, URLs included', async () => {
    const { searched, found } = await told(collector.raw.map((content, n) => ({ where: `export ${n}`, content })), people.everyWord());
    expect(found).toEqual([]);
    expect(searched).toBeGreaterThan(100_000);
  });

  it('in any row of any database of Heed: ledger, keys, outbox, inbox, idempotent answers, cases', async () => {
    const { postgresUrl, keysPostgresUrl } = heed.system.context;
    const { searched, found } = await told(rows(postgresUrl, 'heed_'), people.everyWord());
    expect(found).toEqual([]);
    expect(searched).toBeGreaterThan(100_000);
    const keys = await told(rows(keysPostgresUrl, 'heed_'), people.everyWord());
    expect(keys.found).toEqual([]);
    expect(keys.searched).toBeGreaterThan(10_000);
  });

  it('in any record of Kafka but those of ingress, where the search finds them', async () => {
    const pieces = await records(heed.kafka, (topic) => topic.startsWith('heed.') || topic.startsWith('__'));
    const letters = pieces.filter(({ where }) => where.includes('ingress.v1.dlq'));
    expect(letters).toHaveLength(TENANTS.length * 5);
    const ingress = pieces.filter(({ where }) => isIngress(where));
    expect((await told(ingress, people.everyWord())).found.length).toBeGreaterThan(0);
    const { searched, found } = await told(pieces.filter((piece) => !ingress.includes(piece)), people.everyWord());
    expect(found).toEqual([]);
    expect(searched).toBeGreaterThan(50_000);
  });

  it('AJU-46: in any file of its databases on the disk, where AES-256-GCM is promised', async () => {
    expect(loadSamplePack('ajuni').security.atRest).toMatchObject({ value: 'AES-256-GCM', source: 'AJU-46' });
    const { postgresUrl, keysPostgresUrl } = heed.system.context;
    const { searched, found } = await told(databaseFiles(postgresUrl, path.join(heed.home, 'postgres'), 'heed_'), people.mark());
    expect(found).toEqual([]);
    expect((await told(databaseFiles(keysPostgresUrl, path.join(heed.home, 'postgres-keys'), 'heed_'), people.mark())).found).toEqual([]);
    expect(searched).toBeGreaterThan(1_000_000);
  });

  it('although the same searches find those who were not erased in the sample stores', async () => {
    const { postgresUrl } = heed.system.context;
    expect((await told(rows(postgresUrl, 'crm_'), people.everyWord())).found.length).toBeGreaterThan(0);
    expect((await told(databaseFiles(postgresUrl, path.join(heed.home, 'postgres'), 'crm_'), people.mark())).found.length).toBeGreaterThan(0);
  });

  it('in any other file that Heed keeps: journals and keys of agents, broker, secrets', async () => {
    // This PostgreSQL was read above and holds the sample stores too; the mailbox and the processor are other people's.
    const others = ['postgres/', 'mail', 'logs'];
    const { found } = await told(files(heed.home, (file) => others.some((name) => file.startsWith(name)) || isIngress(file)), people.mark());
    expect(found).toEqual([]);
  });

  it('and what was erased is in no table of the stores either, the journal of the agent included', async () => {
    const erased = people.wordsOfErased();
    // Until the second look, the agent's journal inside the store knows whom it has to look for.
    for (const store of ['crm_', 'telemetry_']) {
      await eventually(async () => expect((await told(rows(heed.system.context.postgresUrl, store), erased)).found).toEqual([]), { timeoutMs: 120_000, everyMs: 2000 });
    }
  });
});
