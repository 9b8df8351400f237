import { createKafka, Publisher } from '@heed/kafka';
import { eventually, freshTopicPrefix, testServers } from '@heed/testing';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';

const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' });
const prefix = freshTopicPrefix();
const [gone, kept] = [`${prefix}heed.t.gone.events.v1`, `${prefix}heed.t.kept.events.v1`];
const publisher = new Publisher(kafka);
let admin: Admin;

beforeAll(async () => {
  admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [gone, kept].map((topic) => ({ topic, numPartitions: 1 })), waitForLeaders: false });
  await publisher.connect();
});
afterAll(async () => {
  await publisher.disconnect();
  await admin.disconnect();
});

const say = (topic: string): Promise<void> => publisher.publish([{ topic, key: 'k', value: '{}', headers: {} }]);
const count = async (topic: string): Promise<number> => Number((await admin.fetchTopicOffsets(topic))[0]?.high);

it('goes on with the other topics when one that it has written to is deleted', async () => {
  await eventually(() => say(gone), { timeoutMs: 20_000 });
  await eventually(() => say(kept), { timeoutMs: 20_000 });
  const before = await count(kept);
  await admin.deleteTopics({ topics: [gone] });
  await expect(say(gone)).rejects.toMatchObject({ code: 'kafka_unavailable' });
  await say(kept);
  expect(await count(kept)).toBe(before + 1);
});
