import { ledgerCheckpoint } from '@heed/contracts-ledger';
import { applyTopics, createKafka, Publisher } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { CheckpointReader } from '@heed/ledger-keeper';
import { freshTopicPrefix, testServers } from '@heed/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const prefix = freshTopicPrefix();
let kafka: Kafka;
let publisher: Publisher;

beforeAll(async () => {
  kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' });
  await applyTopics(kafka, [], { prefix });
  publisher = new Publisher(kafka);
  await publisher.connect();
});
afterAll(() => publisher.disconnect());

const read = (signal = AbortSignal.timeout(20_000)): Promise<ReadonlyMap<string, string>> => new CheckpointReader({ kafka, service: 'consent', topicPrefix: prefix }).read(signal);
const tell = (origin: string, value: string): Promise<void> =>
  publisher.publish([{ topic: prefix + (ledgerCheckpoint.topics[0] ?? ''), key: origin, value, headers: {} }]);
const checkpoint = (origin: string, size: number): string => JSON.stringify({ origin, size, root: `${'A'.repeat(43)}=`, note: `${origin} at ${size}` });

it('nothing was told where nothing was signed yet', async () => {
  expect(await read()).toEqual(new Map());
});

it('the furthest checkpoint of each own ledger is found: not an older one that was told again, not those of others, nor what is none', async () => {
  for (const size of [3, 5, 4]) await tell('heed/consent/ajuni', checkpoint('heed/consent/ajuni', size));
  await tell('heed/consent/askasia', checkpoint('heed/consent/askasia', 7));
  await tell('heed/dsar/ajuni', checkpoint('heed/dsar/ajuni', 9));
  await tell('heed/consent/askasia', '{"size":99}');
  await tell('heed/consent/askasia', 'no JSON');
  expect(await read()).toEqual(new Map([['ajuni', 'heed/consent/ajuni at 5'], ['askasia', 'heed/consent/askasia at 7']]));
});

it('a reading that is ended is no answer', async () => {
  await expect(read(AbortSignal.abort())).rejects.toThrow('not read to their end');
});
