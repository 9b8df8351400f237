import { BatchRunner, EventConsumer, Publisher, readDeadLetters } from '@heed/kafka';
import type { DeadLetterRecord, EventHandler } from '@heed/kafka';
import { cloudEventHeaders, defineEvent, newEvent } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** The internal topic of all tenants; `one-key` puts them into one partition. */
export const MIXED = 'heed.dsar.events.v1';
export const counted = defineEvent({ type: 'heed.test.counted.v1', topics: [MIXED, 'heed.t.{tenant}.ingress.v1'], summary: 'A test.', data: z.strictObject({ n: z.int() }) });
/** What an agent would say of them. */
export const answered = defineEvent({ type: 'heed.test.answered.v1', topics: ['heed.acks.dsar.v1'], summary: 'A test.', data: counted.data });
export const ingressOf = (tenant: string): string => `heed.t.${tenant}.ingress.v1`;

export type Handle = EventHandler['handle'];
type Batch = Parameters<Handle>[0];
export const numbersOf = (batch: Batch): number[] => batch.events.map((event) => (event.data as { n: number }).n);

/** The effect: one ledger row per event, in the handler's transaction. */
export const count: Handle = async (batch) => {
  for (const n of numbersOf(batch)) batch.tx.record({ kind: 'counted', data: { n } });
};

/** A consumer group of its own with a database, and what its runners did. */
export class ConsumerBed {
  handle: Handle = count;
  private readonly runners: BatchRunner[] = [];

  private constructor(
    readonly bed: ServiceBed,
    readonly database: Database,
    readonly publisher: Publisher,
    readonly group: string,
    /** URL of the database for a role that may migrate it. */
    readonly adminUrl: string,
  ) {}

  static async make(clock: Clock): Promise<ConsumerBed> {
    const bed = await ServiceBed.make({ clock });
    const publisher = new Publisher(bed.kafka);
    await publisher.connect();
    const { url, adminUrl } = await bed.migrated('kafka', persistenceMigrations);
    const database = new Database({ url, keysDir: bed.keysDir, clock });
    return new ConsumerBed(bed, database, publisher, `${bed.topicPrefix}${randomUUID()}`, adminUrl);
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
    await this.database.close();
    await this.publisher.disconnect();
    await this.bed.stop();
  }

  /** A started member of the group. */
  run(topics: readonly string[] | (() => readonly string[]) = [MIXED], maxBatch = 500): BatchRunner {
    const { bed, database, group } = this;
    const consumer = new EventConsumer({
      consumer: group, topicPrefix: bed.topicPrefix, database, unitOfWork: new UnitOfWork(database),
      handlers: new Map([counted, answered].map((definition) => [definition.type, { definition, handle: (batch) => this.handle(batch) }])),
    });
    const runner = new BatchRunner({
      kafka: bed.kafka, groupId: group, topicsEveryMs: 100, maxBatch, logger: makeLogger('test', 'fatal'),
      topics: async () => (typeof topics === 'function' ? topics() : topics).map((topic) => bed.topicPrefix + topic),
      handle: (records) => consumer.handle(records),
    });
    this.runners.push(runner);
    runner.start();
    return runner;
  }

  /** What another consumer of the group does when it handles the same batch at the same time and commits first. */
  async handledElsewhere(batch: Batch): Promise<void> {
    const keys = batch.events.map((event) => ({ key: `${event.tenant}|${event.source}|${event.id}`, day: event.time.toISOString().slice(0, 10) }));
    await new UnitOfWork(this.database).run(batch.tenant, (tx) => count({ ...batch, tx }), { inbox: { consumer: this.group, keys } });
  }

  async send(ns: readonly number[], to: { tenant?: string; topic?: string; ids?: readonly string[]; definition?: typeof counted } = {}): Promise<void> {
    const { tenant = 'ajuni', definition = counted, topic = definition.topics[0] ?? MIXED, ids = ns.map(() => randomUUID()) } = to;
    const messages = ns.map((n, i) => {
      const { event } = newEvent(definition, { source: '/test', tenant, key: 'one-key', data: { n }, clock: this.bed.clock, id: ids[i] ?? '' });
      return { topic: this.bed.topicPrefix + topic, key: event.key, value: JSON.stringify(event.data), headers: cloudEventHeaders(event) };
    });
    await this.publisher.publish(messages);
  }

  async effects(tenant = 'ajuni'): Promise<number[]> {
    const rows = await new UnitOfWork(this.database).run(tenant, (tx) =>
      tx.query<{ n: number }>(`SELECT (data->>'n')::int AS n FROM ledger_entry WHERE kind = 'counted' ORDER BY 1`),
    );
    return rows.map((row) => row.n);
  }

  /** What the group has taken aside. */
  async deadLetters(): Promise<readonly Pick<DeadLetterRecord, 'code' | 'value'>[]> {
    const letters = await readDeadLetters(this.bed.kafka, (topic) => topic.startsWith(this.bed.topicPrefix));
    return letters.filter((letter) => letter.group === this.group);
  }

  /** The group's committed offset in a partition; -1 before the first. */
  async committed(topic: string, partition = 0): Promise<number> {
    const admin = this.bed.kafka.admin();
    await admin.connect();
    try {
      const [offsets] = await admin.fetchOffsets({ groupId: this.group, topics: [this.bed.topicPrefix + topic] });
      return Number(offsets?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
    } finally {
      await admin.disconnect();
    }
  }

  /** Members that the broker counts, once none is joining or leaving. */
  async members(): Promise<number | false> {
    const admin = this.bed.kafka.admin();
    await admin.connect();
    try {
      const [group] = (await admin.describeGroups([this.group])).groups;
      return group?.state === 'Stable' && group.members.length;
    } finally {
      await admin.disconnect();
    }
  }
}
