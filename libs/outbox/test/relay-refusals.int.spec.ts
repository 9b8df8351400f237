import { Publisher } from '@heed/kafka';
import { defineEvent, newEvent, systemClock } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Outbox, Relay } from '@heed/outbox';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readTopics } from './support/topic-reader.js';
import type { Seen } from './support/topic-reader.js';

const data = z.strictObject({ n: z.int(), filling: z.string() });
const commands = defineEvent({ type: 'heed.test.commanded.v1', topics: ['heed.t.{tenant}.commands.v1'], summary: 'One partition.', data });
const narrow = defineEvent({ type: 'heed.test.narrowed.v1', topics: ['heed.narrow.v1'], summary: 'A topic that takes little.', data });
const logger = makeLogger('test', 'silent');
const warn = vi.spyOn(logger, 'warn');

let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;
let outbox: Outbox;
let relay: Relay;
let seen: Seen[] = [];
let stopReading: () => Promise<void>;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  const { url } = await bed.migrated('refusals', persistenceMigrations);
  database = new Database({ url, keysDir: bed.keysDir, clock: systemClock });
  unitOfWork = new UnitOfWork(database);
  const admin = bed.kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '4000' }];
  await admin.createTopics({ topics: [{ topic: `${bed.topicPrefix}heed.narrow.v1`, numPartitions: 1, configEntries }], waitForLeaders: false });
  await admin.disconnect();
  stopReading = await readTopics(bed, ['heed.t.ajuni.commands.v1', 'heed.narrow.v1'], (record) => seen.push(record));
});
afterAll(async () => {
  await stopReading();
  await database.close();
  await bed.stop();
});
beforeEach(() => {
  seen = [];
  warn.mockClear();
  relay = new Relay({ database, publisher: new Publisher(bed.kafka), logger, leaseMs: 1000 });
  outbox = new Outbox({ topicPrefix: bed.topicPrefix, poke: relay.poke });
  return async () => {
    await relay.stop();
    await database.query('DELETE FROM heed.outbox');
  };
});

/** What waits for the relay: one event per size, in order, in one transaction. */
async function say(definition: typeof commands, key: string, sizes: readonly number[], from = 0): Promise<void> {
  await unitOfWork.run('ajuni', async (tx) => {
    const source = { source: '/heed/test', tenant: 'ajuni', key, clock: systemClock, cause: { correlationId: randomUUID(), traceparent: TRACE } };
    outbox.append(sizes.map((size, i) => newEvent(definition, { ...source, data: { n: from + i, filling: 'x'.repeat(size) } })), tx);
  });
}
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const upTo = (n: number): number[] => [...Array(n).keys()];
const of = (key: string): number[] => seen.filter((one) => one.key === key).map((one) => one.n);
const once = (key: string): number[] => [...new Set(of(key))];
const waiting = (): Promise<readonly { key: string; n: number }[]> =>
  database.query(`SELECT key, (value::jsonb->>'n')::int AS n FROM heed.outbox ORDER BY seq`);

describe('a backlog for one partition that is larger than Kafka takes at once', () => {
  it.each([
    ['large events', Array<number>(40).fill(60_000)],
    ['many events whose headers count too', Array<number>(600).fill(1_740)],
    ['an event of the largest size among small ones', [10, 899_000, 10, 899_000, 899_000, 10]],
  ])('goes out in pieces, in order and once: %s', async (_, sizes) => {
    const key = randomUUID();
    await say(commands, key, sizes);
    relay.start();
    await eventually(async () => expect(await waiting()).toEqual([]), { timeoutMs: 20_000 });
    await eventually(() => expect(of(key)).toEqual(upTo(sizes.length)));
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('an event that Kafka refuses', () => {
  it('parks its topic alone: others go on at once, it waits with a stated reason, and what follows it keeps its order', async () => {
    const [stuck, neighbour] = [randomUUID(), randomUUID()];
    await say(narrow, stuck, [10]);
    await say(narrow, stuck, [9_000], 1);
    await say(narrow, stuck, [10, 10], 2);
    await say(commands, neighbour, [10, 10]);
    relay.start();
    await eventually(() => expect(once(neighbour)).toEqual([0, 1])); // the first try wrote them too, beside what was refused
    for (let n = 2; n < 12; n += 1) await say(commands, neighbour, [10], n);
    await eventually(() => expect(once(neighbour)).toEqual(upTo(12)), { timeoutMs: 3000 });
    expect((await waiting()).map((row) => row.n)).toContain(1);
    const [fields] = warn.mock.calls.find(([, message]) => message === 'topic refuses') ?? [];
    expect(fields).toMatchObject({ topic: `${bed.topicPrefix}heed.narrow.v1`, err: { cause: { type: 'MESSAGE_TOO_LARGE' } } });

    // An operator widens the topic; nobody has to touch the outbox.
    const admin = bed.kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: '1048576' }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: `${bed.topicPrefix}heed.narrow.v1`, configEntries }] });
    await admin.disconnect();
    await eventually(async () => expect(await waiting()).toEqual([]), { timeoutMs: 20_000 });
    await eventually(() => expect(once(stuck)).toEqual([0, 1, 2, 3]));
  });
});
