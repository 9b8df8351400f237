import { applyTopics, createKafka, declaredTopics } from '@heed/kafka';
import { eventually, freshTopicPrefix, testServers } from '@heed/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DAY_MS = 86_400_000;
/** Kafka's defaults: how often it looks for what is too old, and how long a file that it deleted stays. */
const BROKER_LOOKS_EVERY_MS = 300_000;
const FILE_STAYS_MS = 60_000;

const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' });
const admin = kafka.admin();
const producer = kafka.producer();
beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

async function settings(topic: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }] });
  return Object.fromEntries(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]) ?? []);
}

async function ingressTopic(): Promise<{ prefix: string; topic: string }> {
  const prefix = freshTopicPrefix();
  return { prefix, topic: `${prefix}heed.t.ajuni.ingress.v1` };
}

function longest(of: Record<string, string>): number {
  const [retention, segment] = [Number(of['retention.ms']), Number(of['segment.ms'])];
  return retention < 0 ? Infinity : retention + segment + BROKER_LOOKS_EVERY_MS + FILE_STAYS_MS;
}

describe('the topic where identifiers stand in the clear', () => {
  it('keeps a record for a day at most, however the broker counts and whatever its publisher says the time is', async () => {
    const { prefix, topic } = await ingressTopic();
    await applyTopics(kafka, ['ajuni'], { prefix });
    const applied = await settings(topic);
    expect(longest(applied)).toBeLessThanOrEqual(DAY_MS);
    expect(applied['message.timestamp.type']).toBe('LogAppendTime');
  });

  it('is brought within the day where it was made with more, and left alone where it keeps less', async () => {
    const { prefix, topic } = await ingressTopic();
    const loose = [{ name: 'retention.ms', value: '-1' }, { name: 'segment.ms', value: '60000' }, { name: 'max.message.bytes', value: '500000' }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries: loose }], waitForLeaders: false });
    await eventually(async () => (await admin.listTopics()).includes(topic));
    await applyTopics(kafka, ['ajuni'], { prefix });
    await eventually(async () => {
      const applied = await settings(topic);
      expect(longest(applied)).toBeLessThanOrEqual(DAY_MS);
      expect(applied).toMatchObject({ 'segment.ms': '60000', 'max.message.bytes': '500000', 'message.timestamp.type': 'LogAppendTime' });
    });
  });

  it('loses a record in time although new ones keep coming and its publisher dated it a year ahead', async () => {
    const { prefix, topic } = await ingressTopic();
    const [declared] = (await declaredTopics(['ajuni'], { prefix })).filter((one) => one.topic === topic);
    // The declared settings, with an hour as a second.
    const configEntries = (declared?.configEntries ?? []).map(({ name, value }) => ({ name, value: name.endsWith('.ms') ? String(Number(value) / 3600) : value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: false });
    const send = (timestamp?: string) => producer.send({ topic, messages: [{ value: 'Ada', ...(timestamp ? { timestamp } : {}) }] });
    await eventually(() => send(String(Date.now() + 365 * DAY_MS)).then(() => true));
    const first = Date.now();
    await eventually(
      async () => {
        await send();
        const [partition] = await admin.fetchTopicOffsets(topic);
        return Number(partition?.low) > 0;
      },
      { timeoutMs: 58_000, everyMs: 500 },
    );
    expect(Date.now() - first).toBeGreaterThan(Number(configEntries.find(({ name }) => name === 'retention.ms')?.value) - 1000);
  });
});
