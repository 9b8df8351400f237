import { conflict, systemClock, unavailable } from '@heed/kernel';
import { consumerLag } from '@heed/observability';
import { migrate, persistenceMigrations } from '@heed/persistence';
import { eventually, VirtualClock } from '@heed/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { answered, ConsumerBed, count, ingressOf, numbersOf } from './support/consumer-bed.js';

const AJUNI = ingressOf('ajuni');
const ASKASIA = ingressOf('askasia');
const LONG = { timeoutMs: 20_000 };

let bed: ConsumerBed;
/** Which of Ajuni's events must wait for its policy. */
let mustWait: (n: number) => boolean;
const everyOne = (): boolean => true;
const none = (): boolean => false;
let refusals: number;
/** What was committed, in order. */
let handled: string[];

/** Ajuni waits, the other tenant never does. */
function waitForAjuni(into: ConsumerBed): void {
  mustWait = everyOne;
  refusals = 0;
  handled = [];
  into.handle = async (batch) => {
    const ns = numbersOf(batch);
    if (batch.tenant === 'ajuni' && ns.some(mustWait)) {
      refusals += 1;
      throw unavailable('policy_not_ready', 'not here yet');
    }
    await count(batch);
    batch.tx.afterCommit(() => handled.push(...ns.map((n) => `${batch.tenant} ${n}`)));
  };
}

/** More than the tries on the spot: its partition is paused. */
const ajuniIsPaused = (): Promise<unknown> => eventually(() => expect(refusals).toBeGreaterThanOrEqual(4), LONG);
const ajunisHandled = (): string[] => handled.filter((one) => one.startsWith('ajuni'));

/** What an operator sees. */
async function lagOf(topic: string): Promise<number | undefined> {
  const { values } = await consumerLag.get();
  return values.find(({ labels }) => labels.group === bed.group && labels.topic === bed.bed.topicPrefix + topic)?.value;
}

beforeEach(async () => {
  bed = await ConsumerBed.make(systemClock);
  waitForAjuni(bed);
  return () => bed.stop();
});

describe('a tenant that is not ready', () => {
  it('holds up its own partition alone; once it is ready its records are handled in order and once', async () => {
    await bed.send([1, 2, 3], { topic: AJUNI });
    bed.run([AJUNI, ASKASIA]);
    await ajuniIsPaused();
    expect(await lagOf(AJUNI)).toBe(3);
    const latencies: number[] = [];
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const before = performance.now();
      await bed.send([n], { topic: ASKASIA, tenant: 'askasia' });
      await eventually(() => expect(handled).toContain(`askasia ${n}`), LONG);
      latencies.push(performance.now() - before);
    }
    expect(latencies.sort((a, b) => a - b)[2]).toBeLessThan(2000);
    expect(await bed.effects('ajuni')).toEqual([]);
    await bed.send([4, 5], { topic: AJUNI });
    mustWait = none;
    await eventually(() => expect(ajunisHandled()).toEqual([1, 2, 3, 4, 5].map((n) => `ajuni ${n}`)), LONG);
    expect(await bed.effects('ajuni')).toEqual([1, 2, 3, 4, 5]);
    await eventually(async () => expect(await lagOf(AJUNI)).toBe(0));
    expect(await bed.deadLetters()).toEqual([]);
  });

  it('keeps what was handled before; a stop while its partition is paused loses nothing', async () => {
    mustWait = (n) => n === 3; // what comes behind it would not have to
    await bed.send([1, 2, 3, 4, 5], { topic: AJUNI });
    const first = bed.run([AJUNI], 2);
    await ajuniIsPaused();
    expect(await bed.committed(AJUNI)).toBe(2);
    await first.stop();
    mustWait = none;
    bed.run([AJUNI], 2);
    await eventually(() => expect(handled).toEqual([1, 2, 3, 4, 5].map((n) => `ajuni ${n}`)), LONG);
    expect(await bed.effects('ajuni')).toEqual([1, 2, 3, 4, 5]);
    await eventually(async () => expect(await bed.committed(AJUNI)).toBe(5));
  });

  it('is not lost in a rebalance: whoever gets its paused partition tries it, and so does the one who gets it back', async () => {
    await bed.send([1, 2], { topic: AJUNI });
    const first = bed.run([AJUNI, ASKASIA]);
    await ajuniIsPaused();
    const second = bed.run([AJUNI, ASKASIA]);
    await eventually(async () => expect(await bed.members()).toBe(2), LONG);
    mustWait = (n) => n > 2;
    await eventually(() => expect(handled).toEqual(['ajuni 1', 'ajuni 2']), LONG);

    // Both have been seen with the partition, or will be now: the first leaves, then comes back for the second.
    await bed.send([3, 4], { topic: AJUNI });
    refusals = 0;
    await ajuniIsPaused();
    await first.stop();
    refusals = 0;
    await eventually(() => expect(refusals).toBeGreaterThanOrEqual(1), LONG);
    bed.run([AJUNI, ASKASIA]);
    await eventually(async () => expect(await bed.members()).toBe(2), LONG);
    await second.stop();
    mustWait = none;
    await eventually(() => expect(handled).toEqual([1, 2, 3, 4].map((n) => `ajuni ${n}`)), LONG);
    expect(await bed.effects('ajuni')).toEqual([1, 2, 3, 4]);
  });

  it('holds up itself alone in a partition it shares, and what was refused there meanwhile stays refused', async () => {
    mustWait = (n) => n === 1; // what comes behind it waits all the same
    const judged: number[] = [];
    const { handle } = bed;
    bed.handle = async (batch) => {
      const [n = 0] = numbersOf(batch);
      if (n === 13) {
        judged.push(n);
        // Only the first time: a second judgement would let it pass, after what came behind it.
        if (judged.length === 1) throw conflict('state_conflict', 'too early');
      }
      await handle(batch);
    };
    await bed.send([1]);
    await bed.send([13], { tenant: 'askasia' });
    await bed.send([2]);
    await bed.send([14], { tenant: 'askasia' });
    bed.run();
    await eventually(() => expect(handled).toEqual(['askasia 14']), LONG);
    await ajuniIsPaused();
    await bed.send([15], { tenant: 'askasia' });
    await eventually(() => expect(handled).toEqual(['askasia 14', 'askasia 15']), LONG);
    mustWait = none;
    await eventually(() => expect(ajunisHandled()).toEqual(['ajuni 1', 'ajuni 2']), LONG);
    expect([await bed.effects('ajuni'), await bed.effects('askasia')]).toEqual([[1, 2], [14, 15]]);
    await eventually(async () => expect((await bed.deadLetters()).map(({ value }) => String(value))).toEqual(['{"n":13}']));
    expect(judged).toEqual([13]);
  });
});

describe('a tenant that is not here', () => {
  it('may be on its way: its records wait for its migration, and the others do not', async () => {
    await bed.send([1, 2], { tenant: 'newcomer' });
    await bed.send([3], { tenant: 'askasia' });
    bed.run();
    await eventually(() => expect(handled).toEqual(['askasia 3']), LONG);
    const { bed: services, adminUrl } = bed;
    await migrate({
      service: 'kafka', database: new URL(adminUrl).pathname.slice(1), adminUrl, password: 'test', keysDir: services.keysDir,
      tenants: [...services.tenants, { id: 'newcomer', isolation: 'role' }], sets: persistenceMigrations, progress: () => undefined,
    });
    await eventually(async () => expect(await bed.effects('newcomer')).toEqual([1, 2]), LONG);
    expect(await bed.deadLetters()).toEqual([]);
  });

  it('is not waited for where agents answer: one that makes up tenants holds up nobody', async () => {
    await bed.send([7], { tenant: 'made-up', definition: answered });
    await bed.send([8], { tenant: 'askasia', definition: answered });
    bed.run(answered.topics);
    await eventually(async () => expect(await bed.effects('askasia')).toEqual([8]), LONG);
    await eventually(async () => expect((await bed.deadLetters()).map(({ code }) => code)).toEqual(['tenant_unknown']), LONG);
  });

  it('is waited for a minute, then its records are taken aside', async () => {
    const clock = new VirtualClock(new Date());
    const late = await ConsumerBed.make(clock);
    try {
      await late.send([1, 2], { tenant: 'nobody' });
      await late.send([3]);
      late.run();
      await eventually(async () => expect(await late.effects()).toEqual([3]), LONG);
      clock.advance({ seconds: 59 });
      await late.send([4]);
      await eventually(async () => expect(await late.effects()).toEqual([3, 4]), LONG);
      expect(await late.deadLetters()).toEqual([]);
      clock.advance({ seconds: 2 });
      await eventually(async () => expect((await late.deadLetters()).map(({ code }) => code)).toEqual(['tenant_unknown', 'tenant_unknown']), LONG);
    } finally {
      await late.stop();
    }
  });
});
