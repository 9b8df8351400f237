import { cloudEventHeaders, conflict, newEvent, systemClock, unavailable } from '@heed/kernel';
import { readDeadLetters, replayDeadLetters } from '@heed/kafka';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { answered, ConsumerBed, count, counted, ingressOf, MIXED, numbersOf } from './support/consumer-bed.js';

const LONG = { timeoutMs: 20_000 };

let bed: ConsumerBed;

beforeEach(async () => {
  bed = await ConsumerBed.make(systemClock);
  return () => bed.stop();
});

describe('a consumer of events', () => {
  it('has one effect per event, delivered twice or not', async () => {
    const ids = [randomUUID(), randomUUID()] as const;
    await bed.send([1, 2], { ids });
    await bed.send([2, 1], { ids: [ids[1], ids[0]] });
    await bed.send([3]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([1, 2, 3]), LONG);
  });

  it('doubles nothing when its offsets are lost', async () => {
    await bed.send([1, 2, 3]);
    const runner = bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([1, 2, 3]), LONG);
    await runner.stop();
    const admin = bed.bed.kafka.admin();
    await admin.connect();
    await admin.deleteGroups([bed.group]);
    await admin.disconnect();
    bed.run();
    await bed.send([4]);
    await eventually(async () => expect(await bed.effects()).toEqual([1, 2, 3, 4]), LONG);
  });

  it('takes a record that can never be handled aside with the reason, and its neighbours are handled', async () => {
    bed.handle = async (batch) => {
      if (numbersOf(batch).includes(2)) throw conflict('state_conflict', 'this one is too late');
      await count(batch);
    };
    await bed.send([1, 2, 3]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([1, 3]), LONG);
    await eventually(async () => expect((await bed.deadLetters()).map(({ code, value }) => [code, String(value)])).toEqual([['state_conflict', '{"n":2}']]), LONG);
  });

  it('a dead letter that was replayed says so, stays where it lies, and has its effect once', async () => {
    bed.handle = async (batch) => {
      if (numbersOf(batch).includes(2)) throw conflict('state_conflict', 'this one is too late');
      await count(batch);
    };
    await bed.send([1, 2]);
    bed.run();
    const mine = async () => (await readDeadLetters(bed.bed.kafka, (topic) => topic.startsWith(bed.bed.topicPrefix)));
    const [letter] = await eventually(async () => {
      const letters = await mine();
      return letters.length > 0 ? letters : false;
    }, LONG);
    expect(letter?.replayedAt).toBeUndefined();
    bed.handle = count;
    await replayDeadLetters(bed.bed.kafka, letter ? [letter] : [], () => Promise.reject(new Error('it is not sealed')));
    await eventually(async () => expect(await bed.effects()).toEqual([1, 2]), LONG);
    expect(await mine()).toEqual([{ ...letter, replayedAt: expect.any(Date) as Date }]);
  });

  it('takes a record aside whose rows another one has taken, instead of waiting for ever', async () => {
    let tries = 0;
    bed.handle = async (batch) => {
      if (numbersOf(batch).includes(1)) {
        tries += 1;
        await batch.tx.query(`INSERT INTO idempotency (key, fingerprint, status, answer) VALUES ('taken', 'f', 200, '{}'), ('taken', 'f', 200, '{}')`);
      }
      await count(batch);
    };
    await bed.send([1]);
    bed.run();
    await eventually(async () => expect((await bed.deadLetters()).map(({ code }) => code)).toEqual(['handler_failed']), LONG);
    expect(tries).toBe(5);
    await bed.send([2]);
    await eventually(async () => expect(await bed.effects()).toEqual([2]), LONG);
  });

  it('waits where two consumers handle one event at once: the effect is there once, and nothing is taken aside', async () => {
    const ids = [randomUUID()];
    let racing: Promise<unknown> | undefined;
    bed.handle = async (batch) => {
      // The other consumer, with the same event, commits first.
      racing ??= bed.handledElsewhere(batch);
      await racing;
      await count(batch);
    };
    await bed.send([1], { ids });
    await bed.send([2]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([1, 2]), LONG);
    expect(await bed.deadLetters()).toEqual([]);
  });

  it('believes a type on its own topics alone: who may write one topic does not speak on another', async () => {
    await bed.send([1], { definition: answered, topic: MIXED });
    await bed.send([2]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([2]), LONG);
    await eventually(async () => expect((await bed.deadLetters()).map(({ code }) => code)).toEqual(['type_misplaced']), LONG);
  });

  it('tries an error nobody foresaw a few times, then takes the record aside, two in one batch too', async () => {
    let tries = 0;
    bed.handle = async (batch) => {
      if (numbersOf(batch).some((n) => n < 3)) {
        tries += 1;
        throw new TypeError('a bug');
      }
      await count(batch);
    };
    await bed.send([1, 2, 3]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([3]), { timeoutMs: 40_000 }); // the backoff alone takes 16 s
    await eventually(async () => expect((await bed.deadLetters()).map(({ value }) => String(value)).sort()).toEqual(['{"n":1}', '{"n":2}']), LONG);
    expect(tries).toBeLessThan(40);
  });

  it('takes a record with an attribute that no database stores aside, and its neighbours are handled', async () => {
    const { event } = newEvent(counted, { source: '/test', tenant: 'ajuni', key: 'one-key', data: { n: 1 }, clock: systemClock });
    const headers = { ...cloudEventHeaders(event), ce_id: 'a\0b' };
    await bed.publisher.publish([{ topic: bed.bed.topicPrefix + MIXED, key: 'one-key', value: '{"n":1}', headers }]);
    await bed.send([2]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([2]), LONG);
    await eventually(async () => expect((await bed.deadLetters()).map((letter) => letter.code)).toEqual(['envelope_invalid']), LONG);
  });

  it('waits for what is away, and dead-letters nothing meanwhile', async () => {
    let away = 4;
    bed.handle = async (batch) => {
      away -= 1;
      if (away > 0) throw unavailable('service_unavailable', 'later');
      await count(batch);
    };
    await bed.send([7]);
    bed.run();
    await eventually(async () => expect(await bed.effects()).toEqual([7]), LONG);
    expect(await bed.deadLetters()).toEqual([]);
  });

  it('keeps tenants apart within one batch', async () => {
    await bed.send([1]);
    await bed.send([2], { tenant: 'askasia' });
    await bed.send([3]);
    bed.run();
    await eventually(async () => expect([await bed.effects(), await bed.effects('askasia')]).toEqual([[1, 3], [2]]), LONG);
  });

  it('follows topics of new tenants without a restart', async () => {
    const topics = [MIXED];
    bed.run(() => [...topics]);
    await bed.send([1]);
    await eventually(async () => expect(await bed.effects()).toEqual([1]), LONG);
    topics.push(ingressOf('askasia'));
    await bed.send([2], { topic: ingressOf('askasia'), tenant: 'askasia' });
    await eventually(async () => expect(await bed.effects('askasia')).toEqual([2]), LONG);
  });
});
