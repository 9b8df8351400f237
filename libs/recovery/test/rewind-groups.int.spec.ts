import { createKafka } from '@heed/kafka';
import { freshTopicPrefix, testServers } from '@heed/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { rereadSince } from '../src/recover.js';
import { rewindGroups } from '../src/rewind-groups.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const DAY = 86_400_000;
const now = Date.now();
const prefix = freshTopicPrefix();
const [answers, registry] = [`${prefix}answers`, `${prefix}registry`];
const groupId = `${prefix}heed.consent.acks`;
const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' });
const admin = kafka.admin();

beforeAll(async () => {
  await admin.connect();
  await admin.createTopics({ topics: [answers, registry].map((topic) => ({ topic, numPartitions: 1 })) });
  const producer = kafka.producer();
  await producer.connect();
  // One message a day, the last of today.
  const messages = [5, 4, 3, 2, 1, 0].map((days) => ({ value: String(days), timestamp: String(now - days * DAY) }));
  for (const topic of [answers, registry]) await producer.send({ topic, messages });
  await producer.disconnect();
  for (const topic of [answers, registry]) await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '6' }] });
});
afterAll(() => admin.disconnect());

const offsetOf = async (topic: string): Promise<string | undefined> => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset;
const rewind = (since: number, dryRun: boolean): ReturnType<typeof rewindGroups> => rewindGroups(kafka, `${prefix}heed.consent.`, { since, whole: [registry], dryRun });

it('reads again from a day before the newest record of the copy, where the service then recorded nothing for days', () => {
  expect(rereadSince(now - 3 * DAY, [now])).toBe(now - 4 * DAY);
  expect(rereadSince(now, [now - 2 * DAY, now - DAY])).toBe(now - 3 * DAY);
  expect(rereadSince(0, [now])).toBe(0);
});

it('sets consumers back in time, and where a topic is kept for ever to its beginning; never forwards', async () => {
  expect(await rewind(now - 4 * DAY, true)).toEqual({ [groupId]: 2 });
  expect([await offsetOf(answers), await offsetOf(registry)]).toEqual(['6', '6']);
  expect(await rewind(now - 4 * DAY, false)).toEqual({ [groupId]: 2 });
  expect([await offsetOf(answers), await offsetOf(registry)]).toEqual(['1', '0']);
  expect(await rewind(now - DAY, false)).toEqual({});
});
