import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { startKafka } from './start-kafka.js';

it('keeps its records through a kill -9 and a restart on the same port', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heed-kafka-'));
  let broker = await startKafka({ dir, port: 0, controllerPort: 0 });
  const client = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  const producer = client.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: true });
  await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'one' }] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);

  await broker.kill();
  broker = await startKafka({ dir, port: broker.port, controllerPort: 0 });
  broker = await broker.restart();

  const again = client.admin();
  await again.connect();
  expect(await again.fetchTopicOffsets('kept')).toMatchObject([{ high: '1' }]);
  await again.disconnect();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});
