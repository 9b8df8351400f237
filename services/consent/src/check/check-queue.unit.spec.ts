import { malformed, unavailable } from '@heed/kernel';
import type { Tx, UnitOfWork } from '@heed/persistence';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CheckQueue } from './check-queue.js';
import type { Check, CheckAnswer, CheckConsent } from './check.use-case.js';

/** Answers with the purpose asked for, and counts how often it is asked. */
function bench(fails?: { readonly purpose: string; readonly error: Error }): { queue: CheckQueue; looks: (readonly string[])[] } {
  const looks: (readonly string[])[] = [];
  const unitOfWork = { run: async (_: string, work: (tx: Tx) => Promise<unknown>) => (await turn(), work({} as Tx)) };
  const consent = {
    check: async (_: Tx, checks: readonly Check[]): Promise<readonly CheckAnswer[]> => {
      const purposes = checks.map(({ purpose }) => purpose);
      looks.push(purposes);
      if (fails && purposes.includes(fails.purpose)) throw fails.error;
      return purposes.map((purpose) => ({ allowed: true, purpose, basis: 'consent', reason: 'given', recordId: null }));
    },
  };
  return { queue: new CheckQueue(unitOfWork as unknown as UnitOfWork, consent as unknown as CheckConsent), looks };
}

const check = (purpose: string): Check => ({ subject: { ref: 'sub_0' }, purpose });
const asked = async (queue: CheckQueue, names: readonly string[]): Promise<readonly string[]> => {
  const settled = await Promise.allSettled(names.map((name) => queue.check('ajuni', [check(name), check(`${name}+`)])));
  return settled.map((one) => (one.status === 'fulfilled' ? one.value.map(({ purpose }) => purpose).join() : (one.reason as Error).message));
};

describe('checks that come at once', () => {
  const names = Array.from({ length: 40 }, (_, i) => `p${i}`);

  it('share looks, and each call gets its own answers in their order', async () => {
    const { queue, looks } = bench();
    expect(await asked(queue, names)).toEqual(names.map((name) => `${name},${name}+`));
    expect(looks.length).toBeLessThanOrEqual(4);
    expect(await asked(queue, ['later'])).toEqual(['later,later+']);
  });

  it('leave one that cannot be answered to its own caller', async () => {
    const { queue } = bench({ purpose: 'p7', error: malformed('identifier_invalid', 'no address') });
    expect(await asked(queue, names)).toEqual(names.map((name) => (name === 'p7' ? 'no address' : `${name},${name}+`)));
  });

  it('are all told when the database is away, and it is not asked for each', async () => {
    const { queue, looks } = bench({ purpose: 'p7', error: unavailable('database_unavailable', 'away') });
    expect((await asked(queue, names)).filter((answer) => answer === 'away').length).toBeGreaterThan(1);
    expect(looks.length).toBeLessThanOrEqual(4);
  });
});
