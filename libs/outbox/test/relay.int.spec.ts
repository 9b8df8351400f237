import { Publisher } from '@heed/kafka';
import { defineEvent, newEvent, systemClock } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Outbox, Relay } from '@heed/outbox';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readTopics } from './support/topic-reader.js';
import type { Seen } from './support/topic-reader.js';

const happened = defineEvent({ type: 'heed.test.happened.v1', topics: ['heed.consent.events.v1'], summary: 'A test.', data: z.strictObject({ n: z.int() }) });
const unheard = defineEvent({ type: 'heed.test.unheard.v1', topics: ['heed.no.such.topic'], summary: 'A test.', data: z.strictObject({ n: z.int() }) });
const logger = makeLogger('test', 'fatal');

let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;
const seen: Seen[] = [];
let stopReading: () => Promise<void>;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  const { url } = await bed.migrated('outbox', persistenceMigrations);
  database = new Database({ url, keysDir: bed.keysDir, clock: systemClock });
  unitOfWork = new UnitOfWork(database);
  stopReading = await readTopics(bed, ['heed.consent.events.v1'], (record) => seen.push(record));
});
afterAll(async () => {
  await stopReading();
  await database.close();
  await bed.stop();
});

const makeRelay = (leaseMs = 1000): Relay => new Relay({ database, publisher: new Publisher(bed.kafka), logger, leaseMs });

async function say(outbox: Outbox, definition: typeof happened, key: string, n: number): Promise<void> {
  await unitOfWork.run('ajuni', async (tx) => {
    outbox.append([newEvent(definition, { source: '/test', tenant: 'ajuni', key, data: { n }, clock: systemClock })], tx);
  });
}

const of = (key: string): number[] => seen.filter((one) => one.key === key).map((one) => one.n);
const waiting = async (): Promise<number> => Number((await database.query<{ n: string }>('SELECT count(*) AS n FROM heed.outbox'))[0]?.n);

describe('the relay', () => {
  it('publishes what was committed, in order per key, and nothing of a transaction that failed', async () => {
    const relay = makeRelay();
    relay.start();
    const outbox = new Outbox({ topicPrefix: bed.topicPrefix, poke: relay.poke });
    const keys = [randomUUID(), randomUUID(), randomUUID()];
    for (let n = 0; n < 20; n += 1) for (const key of keys) await say(outbox, happened, key, n);
    await expect(
      unitOfWork.run('ajuni', async (tx) => {
        outbox.append([newEvent(happened, { source: '/test', tenant: 'ajuni', key: keys[0]!, data: { n: 99 }, clock: systemClock })], tx);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    for (const key of keys) await eventually(() => expect(of(key)).toEqual([...Array(20).keys()]), { timeoutMs: 20_000 });
    await eventually(async () => expect(await waiting()).toBe(0));
    await relay.stop();
  });

  it('hands its lanes over: when one ends the other goes on, and when one falls silent its lease runs out', async () => {
    const first = makeRelay();
    first.start();
    await eventually(async () => expect(await database.query('SELECT 1 FROM heed.outbox_lane WHERE owner IS NOT NULL AND expires_at > now()')).toHaveLength(8));
    const second = makeRelay();
    second.start();
    const outbox = new Outbox({ topicPrefix: bed.topicPrefix, poke: () => undefined });
    const key = randomUUID();
    await say(outbox, happened, key, 1);
    await eventually(() => expect(of(key)).toEqual([1]));
    await first.stop();
    await say(outbox, happened, key, 2);
    await eventually(() => expect(of(key)).toEqual([1, 2]));
    // Somebody took the lanes and never came back: a process that was killed.
    await second.stop();
    await database.query(`UPDATE heed.outbox_lane SET owner = $1, epoch = epoch + 1, expires_at = now() + interval '1 second'`, [randomUUID()]);
    const third = makeRelay();
    third.start();
    await say(outbox, happened, key, 3);
    await eventually(() => expect(of(key)).toEqual([1, 2, 3]));
    await third.stop();
  });

  it('an instance that lost its lease may publish again but never drops a row', async () => {
    const relay = makeRelay(60_000);
    relay.start();
    await eventually(async () => expect(await database.query(`SELECT 1 FROM heed.outbox_lane WHERE expires_at > now() + interval '10 seconds'`)).toHaveLength(8));
    await database.query('UPDATE heed.outbox_lane SET epoch = epoch + 1');
    const outbox = new Outbox({ topicPrefix: bed.topicPrefix, poke: relay.poke });
    const key = randomUUID();
    await say(outbox, happened, key, 1);
    await eventually(() => expect(of(key).length).toBeGreaterThanOrEqual(1));
    expect(await waiting()).toBe(1);
    await relay.stop();
    const next = makeRelay();
    next.start();
    await eventually(async () => expect(await waiting()).toBe(0));
    await next.stop();
  });

  it('parks a topic that refuses, alone', async () => {
    const relay = makeRelay();
    relay.start();
    const outbox = new Outbox({ topicPrefix: bed.topicPrefix, poke: relay.poke });
    const key = randomUUID();
    await say(outbox, unheard, key, 1);
    await say(outbox, happened, key, 2);
    await eventually(() => expect(of(key)).toContain(2), { timeoutMs: 40_000 });
    await say(outbox, happened, key, 3);
    await eventually(() => expect(of(key)).toContain(3), { timeoutMs: 10_000 });
    expect(await waiting()).toBe(1);
    await database.query('DELETE FROM heed.outbox');
    await relay.stop();
  });
});
