import { readToEnd } from '@heed/kafka';
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
  readonly tenantOf?: (topic: string) => string | undefined;
  /** By their key; others are not parsed. */
  readonly wanted?: (key: string) => boolean;
  readonly progress?: (read: number) => void;
}

const TELL_EVERY = 100_000;

/**
 * Reads topics up to where they end now, in a group of its own that commits nothing. What is no CloudEvent is passed over.
 * A topic that is not there, or may not be read, holds nothing.
 */
export async function readTopics({ kafka, groupPrefix, topics, since, ...reading }: Reading): Promise<void> {
  let read = 0;
  await readToEnd({
    kafka, groupId: `${groupPrefix}recover.${randomUUID()}`, topics, since, passMissing: true,
    take: ({ topic, key, value, headers, timestamp }) => {
      read += 1;
      if (read % TELL_EVERY === 0) reading.progress?.(read);
      if (reading.wanted?.(key?.toString() ?? '') === false) return;
      const parsed = readCloudEvent({ key, value, headers, timestamp }, reading.tenantOf?.(topic));
      if (parsed.ok) reading.take(parsed.event, Number(timestamp));
    },
  });
}
