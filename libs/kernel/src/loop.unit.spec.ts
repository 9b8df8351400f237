import { Loop } from '@heed/kernel';
import { beforeEach, describe, expect, it, vi } from 'vitest';

let steps = 0;
let outcome: () => Promise<boolean>;
let loop: Loop;
const errors: unknown[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  steps = 0;
  errors.length = 0;
  outcome = async () => false;
  loop = new Loop({
    idleMs: 1000,
    step: async () => {
      steps += 1;
      return outcome();
    },
    onError: (error) => errors.push(error),
  });
  return async () => {
    await loop.stop();
    vi.useRealTimers();
  };
});

const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('a loop', () => {
  it('steps at once while there is work, then when poked or after the pause', async () => {
    outcome = async () => steps < 3;
    loop.start();
    await after(0);
    expect(steps).toBe(3);
    loop.poke();
    await after(0);
    expect(steps).toBe(4);
    await after(1000);
    expect(steps).toBe(5);
  });

  it('does not miss a poke during a step', async () => {
    let finish: (busy: boolean) => void = () => undefined;
    outcome = () => new Promise((resolve) => (finish = resolve));
    loop.start();
    await after(0);
    loop.poke();
    finish(false);
    await after(0);
    expect(steps).toBe(2);
    finish(false);
  });

  it('backs off on errors, and no poke shortens that', async () => {
    outcome = async () => Promise.reject(new Error('away'));
    loop.start();
    await after(0);
    loop.poke();
    await after(199);
    expect(steps).toBe(1);
    await after(1);
    expect(steps).toBe(2);
    await after(400);
    expect(steps).toBe(3);
    expect(errors).toHaveLength(3);
  });

  it('finishes the step at hand when it is stopped, and ends a pause at once', async () => {
    let finish: (busy: boolean) => void = () => undefined;
    outcome = () => new Promise((resolve) => (finish = resolve));
    loop.start();
    await after(0);
    const stopped = vi.fn();
    void loop.stop().then(stopped);
    await after(0);
    expect(stopped).not.toHaveBeenCalled();
    finish(true);
    await after(0);
    expect(stopped).toHaveBeenCalledOnce();
    expect(steps).toBe(1);
  });

  it('begins at once after a quiet time, and gathers what comes right after it into the next step', async () => {
    const paced = new Loop({ paceMs: 100, step: async () => ((steps += 1), false), onError: (error) => errors.push(error) });
    paced.start();
    await after(0);
    paced.poke();
    await after(50);
    paced.poke();
    await after(49);
    expect(steps).toBe(1);
    await after(1);
    expect(steps).toBe(2);
    await after(100);
    paced.poke();
    await after(0);
    expect(steps).toBe(3);
    await paced.stop();
  });
});
