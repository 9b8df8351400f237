import kafkajs from 'kafkajs'; // as a whole: Node finds no name in it that is spread into its exports
import type { Admin, KafkaMessage } from 'kafkajs';
import { setTimeout } from 'node:timers/promises';
import type { Kafka } from './client.js';

/** A record and where it lies. */
export type PlacedRecord = KafkaMessage & { readonly topic: string; readonly partition: number };

export interface ReadToEnd {
  readonly kafka: Kafka;
  /** A group of this reading's own: it commits nothing, and the brokers forget it when it is empty. */
  readonly groupId: string;
  readonly topics: readonly string[];
  /** By the broker's clock, in milliseconds; from the beginning where it is not said. */
  readonly since?: number | undefined;
  /** A topic that is not there, or may not be read, holds nothing. Without it, it is an error. */
  readonly passMissing?: boolean;
  readonly signal?: AbortSignal;
  /** Each record once, each partition in its order. */
  readonly take: (record: PlacedRecord) => void;
}

interface Span {
  readonly topic: string;
  readonly partition: number;
  from: bigint;
  readonly end: bigint;
}

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/**
 * Reads topics up to where they end now.
 * @throws when `signal` is aborted, when Kafka is away for longer than the client tries, or where a topic may not be read
 * @example await readToEnd({ kafka, groupId, topics: ['heed.ledger.checkpoints.v1'], take: ({ key, value }) => keep(key, value) })
 */
export async function readToEnd(reading: ReadToEnd): Promise<void> {
  const spans = await spansOf(reading);
  if (spans.size === 0) return;
  const consumer = reading.kafka.consumer({ groupId: reading.groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set([...spans.values()].map(({ topic }) => topic))], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => reject(new Error('the topics were not read to their end'));
      if (reading.signal?.aborted) return stop();
      reading.signal?.addEventListener('abort', stop, { once: true });
      // A leader that moved, say: kafkajs begins again by itself.
      consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch: { topic, partition, messages, lastOffset }, batch, heartbeat }) => {
            const span = spans.get(nameOf(topic, partition));
            if (!span) return;
            for (const message of messages) {
              const offset = BigInt(message.offset);
              if (offset < span.from || offset >= span.end) continue;
              reading.take({ ...message, topic, partition });
              span.from = offset + 1n; // one that begins again does not take a record twice
            }
            await heartbeat();
            if (BigInt(lastOffset.call(batch)) + 1n < span.end) return;
            spans.delete(nameOf(topic, partition));
            if (spans.size === 0) resolve();
          },
        })
        .then(() => {
          for (const { topic, partition, from } of spans.values()) consumer.seek({ topic, partition, offset: String(from) });
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** The partitions that hold something, from where to where. */
async function spansOf({ kafka, topics, since, passMissing }: ReadToEnd): Promise<Map<string, Span>> {
  const admin = kafka.admin();
  const spans = new Map<string, Span>();
  try {
    await admin.connect();
    const there = passMissing === true ? new Set(await admin.listTopics()) : new Set(topics);
    for (const topic of topics.filter((name) => there.has(name))) {
      const starts = since === undefined ? new Map<number, string>() : new Map((await admin.fetchTopicOffsetsByTimestamp(topic, since)).map((p) => [p.partition, p.offset]));
      for (const { partition, low, high } of await offsetsOf(admin, topic)) {
        const start = BigInt(starts.get(partition) ?? low);
        const from = start < BigInt(low) ? BigInt(low) : start;
        if (from < BigInt(high)) spans.set(nameOf(topic, partition), { topic, partition, from, end: BigInt(high) });
      }
    }
    return spans;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

type Offsets = Awaited<ReturnType<Admin['fetchTopicOffsets']>>;

/** kafkajs gives up at once where the leader of a partition is just changing; a moment later there is one. */
async function offsetsOf(admin: Admin, topic: string, tries = 50): Promise<Offsets> {
  try {
    return await admin.fetchTopicOffsets(topic);
  } catch (error) {
    if (tries <= 1 || !(error instanceof kafkajs.KafkaJSProtocolError && error.retriable)) throw error;
    await setTimeout(100);
    return offsetsOf(admin, topic, tries - 1);
  }
}
