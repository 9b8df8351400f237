import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.js';
import { VirtualClock } from './virtual-clock.js';

describe('eventually', () => {
  it('answers with the first value that is not false', async () => {
    let calls = 0;
    await expect(eventually(() => (++calls < 3 ? false : calls), { everyMs: 1 })).resolves.toBe(3);
  });

  it('throws the last failure at the deadline', async () => {
    const attempt = (): never => {
      throw new Error('two rows are missing');
    };
    await expect(eventually(attempt, { timeoutMs: 5, everyMs: 1 })).rejects.toThrow('two rows are missing');
  });
});

describe('the virtual clock', () => {
  it('moves only when it is told to', () => {
    const clock = new VirtualClock('2026-11-21T10:00:00Z');
    clock.advance({ days: 1, minutes: 30 });
    expect(clock.now().toISOString()).toBe('2026-11-22T10:30:00.000Z');
  });
});
