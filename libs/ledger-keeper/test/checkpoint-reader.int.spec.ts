import { ledgerCheckpoint } from '@heed/contracts-ledger';
import { generateAgentKeys } from '@heed/crypto';
import { applyTopics, createKafka, Publisher } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { EMPTY_ROOT, signCheckpoint } from '@heed/ledger';
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
const key = generateAgentKeys().signing;
const note = (origin: string, size: number): string => signCheckpoint({ origin, size, root: EMPTY_ROOT }, key);
const checkpoint = (origin: string, size: number, told = note(origin, size)): string => JSON.stringify({ origin, size, root: EMPTY_ROOT.toString('base64'), note: told });

it('nothing was told where nothing was signed yet', async () => {
  expect(await read()).toEqual(new Map());
});

it('the furthest checkpoint of each own ledger is found: not an older one that was told again, not those of others, nor what is none', async () => {
  for (const size of [3, 5, 4]) await tell('heed/consent/ajuni', checkpoint('heed/consent/ajuni', size));
  await tell('heed/consent/askasia', checkpoint('heed/consent/askasia', 7));
  await tell('heed/dsar/ajuni', checkpoint('heed/dsar/ajuni', 9));
  await tell('heed/consent/askasia', '{"size":99}');
  await tell('heed/consent/askasia', 'no JSON');
  expect(await read()).toEqual(new Map([['ajuni', note('heed/consent/ajuni', 5)], ['askasia', note('heed/consent/askasia', 7)]]));
});

it('an old checkpoint that is told as if it were of a great size, or of another ledger, hides none', async () => {
  const [own, other] = ['heed/consent/ajuni', 'heed/consent/askasia'];
  await tell(own, checkpoint(own, 9_000, note(own, 1)));
  await tell(own, checkpoint(own, 9_000, note(other, 9_000)));
  await tell(own, checkpoint(other, 9_000));
  await tell(own, checkpoint(own, 9_000, 'no note'));
  expect((await read()).get('ajuni')).toBe(note(own, 5));
});

it('a reading that is ended is no answer', async () => {
  await expect(read(AbortSignal.abort())).rejects.toThrow('not read to their end');
});
