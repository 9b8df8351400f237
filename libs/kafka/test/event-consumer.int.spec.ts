import { applyTopics, BatchRunner, EventConsumer, Publisher } from '@heed/kafka';
import type { EventHandler } from '@heed/kafka';
import { cloudEventHeaders, conflict, defineEvent, newEvent, systemClock, unavailable } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { eventually, ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const counted = defineEvent({ type: 'heed.test.counted.v1', topics: ['heed.dsar.events.v1'], summary: 'A test.', data: z.strictObject({ n: z.int() }) });
const topicName = 'heed.dsar.events.v1';

let bed: ServiceBed;
let database: Database;
let publisher: Publisher;
let handler: EventHandler['handle'];
let runner: BatchRunner;
let group: string;

/** The effect: one ledger row per event, in the handler's transaction. */
const effects = async (tenant = 'ajuni'): Promise<number[]> => {
  const rows = await new UnitOfWork(database).run(tenant, (tx) => tx.query<{ n: number }>(`SELECT (data->>'n')::int AS n FROM ledger_entry ORDER BY 1`));
  return rows.map((row) => row.n);
};
const count: EventHandler['handle'] = async ({ events, tx }) => {
  for (const event of events) tx.record({ kind: 'counted', data: event.data as { n: number } });
};

async function send(ns: readonly number[], tenant = 'ajuni', ids = ns.map(() => randomUUID())): Promise<void> {
  const made = ns.map((n, i) => newEvent(counted, { source: '/test', tenant, key: 'one-key', data: { n }, clock: systemClock, id: ids[i]! }));
  await publisher.publish(made.map(({ event }) => ({ topic: bed.topicPrefix + topicName, key: event.key, value: JSON.stringify(event.data), headers: cloudEventHeaders(event) })));
}

function makeRunner(topics: () => Promise<readonly string[]> = async () => [bed.topicPrefix + topicName]): BatchRunner {
  const consumer = new EventConsumer({
    consumer: group, topicPrefix: bed.topicPrefix, database, unitOfWork: new UnitOfWork(database),
    handlers: new Map([[counted.type, { definition: counted, handle: (batch) => handler(batch) }]]),
  });
  return new BatchRunner({ kafka: bed.kafka, groupId: group, topics, topicsEveryMs: 100, handle: (records) => consumer.handle(records), logger: makeLogger('test', 'fatal') });
}

async function deadLetters(): Promise<{ code: string; value: string }[]> {
  const consumer = bed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
  const found: { code: string; value: string }[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: `${bed.topicPrefix}${topicName}.dlq`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (String(message.headers?.['heed_dlq_group']) === group) found.push({ code: String(message.headers?.['heed_dlq_code']), value: String(message.value) });
    },
  });
  await eventually(() => expect(found.length).toBeGreaterThan(0));
  await consumer.disconnect();
  return found;
}

beforeEach(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  publisher = new Publisher(bed.kafka);
  await publisher.connect();
  const { url } = await bed.migrated('kafka', persistenceMigrations);
  database = new Database({ url, keysDir: bed.keysDir, clock: systemClock });
  group = `${bed.topicPrefix}${randomUUID()}`;
  handler = count;
  return async () => {
    await runner.stop();
    await database.close();
    await publisher.disconnect();
    await bed.stop();
  };
});

describe('a consumer of events', () => {
  it('has one effect per event, delivered twice or not', async () => {
    const ids = [randomUUID(), randomUUID()];
    await send([1, 2], 'ajuni', ids);
    await send([2, 1], 'ajuni', [ids[1]!, ids[0]!]);
    await send([3]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([1, 2, 3]), { timeoutMs: 20_000 });
  });

  it('doubles nothing when its offsets are lost', async () => {
    await send([1, 2, 3]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([1, 2, 3]), { timeoutMs: 20_000 });
    await runner.stop();
    const admin = bed.kafka.admin();
    await admin.connect();
    await admin.deleteGroups([group]);
    await admin.disconnect();
    runner = makeRunner();
    runner.start();
    await send([4]);
    await eventually(async () => expect(await effects()).toEqual([1, 2, 3, 4]), { timeoutMs: 20_000 });
  });

  it('takes a record that can never be handled aside with the reason, and its neighbours are handled', async () => {
    handler = async (batch) => {
      if (batch.events.some((event) => (event.data as { n: number }).n === 2)) throw conflict('state_conflict', 'this one is too late');
      await count(batch);
    };
    await send([1, 2, 3]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([1, 3]), { timeoutMs: 20_000 });
    expect(await deadLetters()).toEqual([{ code: 'state_conflict', value: '{"n":2}' }]);
  });

  it('tries an error nobody foresaw a few times, then takes the record aside, two in one batch too', async () => {
    let tries = 0;
    handler = async (batch) => {
      if (batch.events.some((event) => (event.data as { n: number }).n < 3)) {
        tries += 1;
        throw new TypeError('a bug');
      }
      await count(batch);
    };
    await send([1, 2, 3]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([3]), { timeoutMs: 30_000 });
    await eventually(async () => expect((await deadLetters()).map((letter) => letter.value).sort()).toEqual(['{"n":1}', '{"n":2}']));
    expect(tries).toBeLessThan(40);
  });

  it('takes a record with an attribute that no database stores aside, and its neighbours are handled', async () => {
    const { event } = newEvent(counted, { source: '/test', tenant: 'ajuni', key: 'one-key', data: { n: 1 }, clock: systemClock });
    const headers = { ...cloudEventHeaders(event), ce_id: 'a\0b' };
    await publisher.publish([{ topic: bed.topicPrefix + topicName, key: 'one-key', value: '{"n":1}', headers }]);
    await send([2]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([2]), { timeoutMs: 20_000 });
    expect((await deadLetters()).map((letter) => letter.code)).toEqual(['envelope_invalid']);
  });

  it('waits for what is away, and dead-letters nothing meanwhile', async () => {
    let away = 4;
    handler = async (batch) => {
      away -= 1;
      if (away > 0) throw unavailable('service_unavailable', 'later');
      await count(batch);
    };
    await send([7]);
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect(await effects()).toEqual([7]), { timeoutMs: 20_000 });
  });

  it('keeps tenants apart within one batch', async () => {
    await send([1], 'ajuni');
    await send([2], 'askasia');
    await send([3], 'ajuni');
    runner = makeRunner();
    runner.start();
    await eventually(async () => expect([await effects('ajuni'), await effects('askasia')]).toEqual([[1, 3], [2]]), { timeoutMs: 20_000 });
  });

  it('follows topics of new tenants without a restart', async () => {
    const topics = [bed.topicPrefix + topicName];
    runner = makeRunner(async () => [...topics]);
    runner.start();
    await send([1]);
    await eventually(async () => expect(await effects()).toEqual([1]), { timeoutMs: 20_000 });
    const tenant = `t${randomUUID().slice(0, 8)}`;
    await applyTopics(bed.kafka, [tenant], { prefix: bed.topicPrefix });
    const added = `${bed.topicPrefix}heed.t.${tenant}.ingress.v1`;
    topics.push(added);
    const { event } = newEvent(counted, { source: '/test', tenant: 'ajuni', key: 'k', data: { n: 2 }, clock: systemClock });
    const { ce_tenantid: _, ...headers } = cloudEventHeaders(event);
    await publisher.publish([{ topic: added, key: 'k', value: '{"n":2}', headers }]);
    // The topic's own tenant does not exist in this database: its record ends as a dead letter of that topic, so it was read.
    const admin = bed.kafka.admin();
    await admin.connect();
    await eventually(async () => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [added] });
      expect(Number(offsets?.partitions[0]?.offset)).toBeGreaterThanOrEqual(0);
    }, { timeoutMs: 20_000 });
    await admin.disconnect();
  });
});
