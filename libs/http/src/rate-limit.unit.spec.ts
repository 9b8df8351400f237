import { describe, expect, it } from 'vitest';
import { callerAt, RateLimit } from './rate-limit.js';

function limitAt(perSecond: number, burst: number): { limit: RateLimit; wait: (ms: number) => void } {
  let now = 1_000_000;
  return { limit: new RateLimit({ perSecond, burst }, () => now), wait: (ms) => (now += ms) };
}

describe('a rate limit', () => {
  it('lets a burst through, and then so many a second', () => {
    const { limit, wait } = limitAt(20, 100);
    for (let i = 0; i < 100; i += 1) expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeCloseTo(50);
    wait(1000);
    const through = Array.from({ length: 50 }, () => limit.take('a')).filter((ms) => ms === 0);
    expect(through).toHaveLength(20);
  });

  it('is full again after a pause, and never more than full', () => {
    const { limit, wait } = limitAt(20, 100);
    for (let i = 0; i < 100; i += 1) limit.take('a');
    wait(3_600_000);
    const through = Array.from({ length: 300 }, () => limit.take('a')).filter((ms) => ms === 0);
    expect(through).toHaveLength(100);
  });

  it('is for each caller', () => {
    const { limit } = limitAt(1, 1);
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
    expect(limit.take('b')).toBe(0);
  });

  it('says how long to wait without counting', () => {
    const { limit } = limitAt(2, 1);
    expect([limit.waitOf('a'), limit.waitOf('a')]).toEqual([0, 0]);
    limit.take('a');
    expect(limit.waitOf('a')).toBeCloseTo(500);
    expect(limit.waitOf('a')).toBeCloseTo(500);
  });

  it('remembers a bounded number of callers, and of those the busy ones', () => {
    const { limit, wait } = limitAt(1, 10);
    for (let i = 0; i < 99_999; i += 1) limit.take(`made-up-${i}`);
    wait(5_000); // all of them are quiet again
    for (let i = 0; i < 10; i += 1) limit.take('busy');
    for (let i = 0; i < 50_000; i += 1) limit.take(`more-${i}`);
    expect(limit.waitOf('busy')).toBeGreaterThan(0);
    expect((limit as unknown as { full: Map<string, number> }).full.size).toBeLessThanOrEqual(100_000);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:aaaa::1', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s counts as %s', (address, caller) => {
    expect(callerAt(address)).toBe(caller);
  });
});
