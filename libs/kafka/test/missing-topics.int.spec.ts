import { applyTopics } from '@heed/kafka';
import { systemClock } from '@heed/kernel';
import { eventually } from '@heed/testing';
import { beforeEach, expect, it } from 'vitest';
import { ConsumerBed, ingressOf } from './support/consumer-bed.js';

const LONG = { timeoutMs: 30_000 };

let bed: ConsumerBed;
beforeEach(async () => {
  bed = await ConsumerBed.make(systemClock);
  return () => bed.stop();
});

it('a tenant whose topic is missing holds up no other, and is read once the topic is there', async () => {
  const admin = bed.bed.kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [bed.bed.topicPrefix + ingressOf('askasia')] });
  await eventually(async () => expect(await admin.listTopics()).not.toContain(bed.bed.topicPrefix + ingressOf('askasia')), LONG);
  await admin.disconnect();
  bed.run([ingressOf('ajuni'), ingressOf('askasia')]);
  await bed.send([1], { topic: ingressOf('ajuni') });
  await eventually(async () => expect(await bed.effects()).toEqual([1]), LONG);
  await applyTopics(bed.bed.kafka, ['askasia'], { prefix: bed.bed.topicPrefix });
  await bed.send([2], { topic: ingressOf('askasia'), tenant: 'askasia' });
  await eventually(async () => expect(await bed.effects('askasia')).toEqual([2]), LONG);
});
