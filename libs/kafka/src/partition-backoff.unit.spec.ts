import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PartitionBackoff } from './partition-backoff.js';

let backoff: PartitionBackoff;
const failures = (n: number, topic = 't', partition = 0): { ms: number; onTheSpot: boolean }[] =>
  Array.from({ length: n }, () => backoff.failed(topic, partition)).map(({ ms, onTheSpot }) => ({ ms, onTheSpot }));

beforeEach(() => {
  vi.useFakeTimers();
  backoff = new PartitionBackoff();
  return () => vi.useRealTimers();
});

describe('the backoff of a partition', () => {
  it('is short and on the spot at first, then with the partition paused, twice as long each time up to five seconds', () => {
    const waits = failures(9);
    expect(waits.map(({ ms }) => ms)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    expect(waits.map(({ onTheSpot }) => onTheSpot)).toEqual([true, true, ...Array<boolean>(7).fill(false)]);
  });

  it('is its own, and begins anew after a success', () => {
    failures(5, 't', 0);
    expect(failures(1, 't', 1)).toEqual([{ ms: 100, onTheSpot: true }]);
    expect(failures(1, 'u', 0)).toEqual([{ ms: 100, onTheSpot: true }]);
    backoff.succeeded('t', 0);
    expect(failures(1, 't', 0)).toEqual([{ ms: 100, onTheSpot: true }]);
  });

  it('resumes each partition after its time, and none once the consumer is over', async () => {
    const resumed: string[] = [];
    backoff.resumeAfter(400, () => resumed.push('a'));
    backoff.resumeAfter(5000, () => resumed.push('b'));
    await vi.advanceTimersByTimeAsync(400);
    expect(resumed).toEqual(['a']);
    backoff.end();
    await vi.advanceTimersByTimeAsync(5000);
    expect(resumed).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
