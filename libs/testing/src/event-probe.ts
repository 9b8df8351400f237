import { randomUUID } from 'node:crypto';
import { cloudEventHeaders, readCloudEvent } from '@heed/kernel';
import type { HeedEvent, NewEvent } from '@heed/kernel';
import { Kafka, logLevel } from 'kafkajs';
import { testServers } from './test-servers.js';

export interface EventProbe {
  /** Publishes an event as the service that owns it would. */
  publish(...events: readonly NewEvent<unknown>[]): Promise<void>;
  /** Every event of a type that was seen so far, in the order of the topic. */
  seen(type: string): readonly HeedEvent<Record<string, unknown>>[];
  /** Every event with a record key, in the order in which its partition has them. */
  order(key: string): readonly HeedEvent<Record<string, unknown>>[];
  stop(): Promise<void>;
}

/**
 * Stands on the bus in place of the other services: reads topics from their beginning and writes events.
 *
 * @example const bus = await eventProbe(prefix, ['heed.consent.events.v1']);
 */
export async function eventProbe(topicPrefix: string, topics: readonly string[]): Promise<EventProbe> {
  const kafka = new Kafka({ brokers: [testServers().brokers], clientId: 'probe', logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: `probe-${randomUUID()}` });
  const events: HeedEvent[] = [];
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: topics.map((topic) => topicPrefix + topic), fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const read = readCloudEvent(message as Parameters<typeof readCloudEvent>[0]);
      if (read.ok) events.push(read.event);
    },
  });
  return {
    publish: async (...published) => {
      for (const { event, topics: targets } of published) {
        const message = { key: event.key, headers: cloudEventHeaders(event), value: JSON.stringify(event.data) };
        for (const topic of targets) await producer.send({ topic: topicPrefix + topic, messages: [message] });
      }
    },
    seen: (type) => events.filter((event) => event.type === type) as HeedEvent<Record<string, unknown>>[],
    order: (key) => events.filter((event) => event.key === key) as HeedEvent<Record<string, unknown>>[],
    stop: async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    },
  };
}
