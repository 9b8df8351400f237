import { InterruptiblePause } from '@heed/kernel';
import { beforeEach, describe, expect, it, vi } from 'vitest';

let pause: InterruptiblePause;
let over: string[];
const when = (name: string, done: Promise<void>): void => void done.then(() => over.push(name));

beforeEach(() => {
  vi.useFakeTimers();
  pause = new InterruptiblePause();
  over = [];
  return () => vi.useRealTimers();
});

describe('an interruptible pause', () => {
  it('lasts its time and no longer', async () => {
    when('short', pause.for(100));
    when('long', pause.untilPoked(200));
    await vi.advanceTimersByTimeAsync(99);
    expect(over).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toEqual(['short']);
    await vi.advanceTimersByTimeAsync(100);
    expect(over).toEqual(['short', 'long']);
  });

  it('is cut short by a poke only where news is waited for, by each poke once', async () => {
    when('retry', pause.for(1000));
    when('idle', pause.untilPoked(1000));
    when('idle too', pause.untilPoked(1000));
    pause.poke();
    await vi.advanceTimersByTimeAsync(0);
    expect(over).toEqual(['idle', 'idle too']);
    when('later', pause.untilPoked(1000));
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toEqual(['idle', 'idle too']);
  });

  it('ends for all at once when its owner ends, and never lasts again; no timer is left', async () => {
    when('retry', pause.for(60_000));
    when('another', pause.for(60_000));
    when('idle', pause.untilPoked(60_000));
    expect(pause.ended).toBe(false);
    pause.end();
    when('late', pause.for(60_000));
    await vi.advanceTimersByTimeAsync(0);
    expect([...over].sort()).toEqual(['another', 'idle', 'late', 'retry']);
    expect(pause.ended).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
