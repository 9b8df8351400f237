import { eventually } from '@heed/testing';
import type { ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';

export interface Seen {
  readonly key: string;
  readonly n: number;
}

/** Reads topics of the bed from their beginning, in the order in which Kafka has them; a topic just made gets its leader in a moment. */
export async function readTopics(bed: ServiceBed, names: readonly string[], see: (record: Seen) => void): Promise<() => Promise<void>> {
  const consumer = bed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
  await consumer.connect();
  const topics = names.map((name) => bed.topicPrefix + name);
  await eventually(() => consumer.subscribe({ topics, fromBeginning: true }), { timeoutMs: 30_000, everyMs: 100 });
  await consumer.run({
    eachMessage: async ({ message }) => see({ key: String(message.key), n: (JSON.parse(String(message.value)) as { n: number }).n }),
  });
  return () => consumer.disconnect();
}
