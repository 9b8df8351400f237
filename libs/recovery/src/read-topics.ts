import type { Kafka } from '@heed/kafka';
import { readCloudEvent } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { randomUUID } from 'node:crypto';

export interface Reading {
  readonly kafka: Kafka;
  /** A beginning of names of groups that this service may use. */
  readonly groupPrefix: string;
  readonly topics: readonly string[];
  /** By the broker's clock, in milliseconds; from the beginning where it is not said. */
  readonly since?: number;
  /** Called for every event, each partition in order. @param at when Kafka took it */
  readonly take: (event: HeedEvent, at: number) => void;
  /** Whose a topic's events are, where the topic says it. */
  readonly tenantOf?: () => string;
  /** By their key; others are not parsed. */
  readonly wanted?: (key: string) => boolean;
  readonly progress?: (read: number) => void;
}

const TELL_EVERY = 100_000;

/**
 * Reads topics up to where they end now, in a group of its own that commits nothing. What is no CloudEvent is passed over.
 * A topic that is not there, or may not be read, holds nothing.
 */
export async function readTopics(reading: Reading): Promise<void> {
  const spans = await spansOf(reading);
  if (spans.size === 0) return;
  const consumer = reading.kafka.consumer({ groupId: `${reading.groupPrefix}recover.${randomUUID()}`, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  let read = 0;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set([...spans.values()].map(({ topic }) => topic))], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch, heartbeat }) => {
            const span = spans.get(nameOf(batch.topic, batch.partition));
            if (!span) return;
            for (const { offset, key, value, headers, timestamp } of batch.messages) {
              read += 1;
              if (read % TELL_EVERY === 0) reading.progress?.(read);
              if (BigInt(offset) < span.from || BigInt(offset) >= span.end || reading.wanted?.(key?.toString() ?? '') === false) continue;
              const parsed = readCloudEvent({ key, value, headers, timestamp }, reading.tenantOf?.());
              if (parsed.ok) reading.take(parsed.event, Number(timestamp));
            }
            await heartbeat();
            if (BigInt(batch.lastOffset()) + 1n < span.end) return;
            spans.delete(nameOf(batch.topic, batch.partition));
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

interface Span {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly end: bigint;
}

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;

async function spansOf({ kafka, topics, since }: Reading): Promise<Map<string, Span>> {
  const admin = kafka.admin();
  const spans = new Map<string, Span>();
  try {
    await admin.connect();
    const there = new Set(await admin.listTopics());
    for (const topic of topics.filter((name) => there.has(name))) {
      const starts = since === undefined ? new Map<number, string>() : new Map((await admin.fetchTopicOffsetsByTimestamp(topic, since)).map((p) => [p.partition, p.offset]));
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
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
