import { makeLogger } from '@heed/observability';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { JobRunner } from './jobs.js';

const logger = makeLogger('test', 'silent');
const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe('jobs', () => {
  it('run each on its own beat, and one that fails is tried again on the next', async () => {
    const ran = { quick: 0, failing: 0 };
    const quick = { name: 'quick', everyMs: 100, run: async () => void (ran.quick += 1) };
    const failing = {
      name: 'failing',
      everyMs: 1000,
      run: async () => {
        ran.failing += 1;
        throw new Error('away');
      },
    };
    const jobs = new JobRunner([quick, failing], logger);
    jobs.start();
    await after(1000);
    expect(ran).toEqual({ quick: 11, failing: 2 });
    await jobs.stop();
  });

  it('finish what is at hand when they are stopped, wait no beat out and begin nothing new', async () => {
    let finish: () => void = () => undefined;
    const begun = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const idle = vi.fn(async () => undefined);
    const jobs = new JobRunner([{ name: 'slow', everyMs: 10, run: begun }, { name: 'idle', everyMs: 60_000, run: idle }], logger);
    jobs.start();
    await after(0);
    const stopped = vi.fn();
    void jobs.stop().then(stopped);
    await after(1000);
    expect(stopped).not.toHaveBeenCalled();
    finish();
    await after(0);
    expect(stopped).toHaveBeenCalledOnce();
    expect([begun.mock.calls.length, idle.mock.calls.length]).toEqual([1, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
