import { describe, expect, it } from 'vitest';
import { UnknownTenants } from './unknown-tenants.js';

let now = 0;
const minutes = (n: number): number => n * 60_000;
const make = (): UnknownTenants => new UnknownTenants({ now: () => new Date(now) });

describe('a tenant that is not here', () => {
  it('is waited for a minute by the clock, however often it is met, and then no longer', () => {
    now = 0;
    const unknown = make();
    for (const at of [0, 1, 30_000, 59_999]) {
      now = at;
      expect(unknown.mayYetCome('new')).toBe(true);
    }
    for (const at of [60_000, minutes(5)]) {
      now = at;
      expect(unknown.mayYetCome('new')).toBe(false);
    }
  });

  it('has its own minute, and a new one when it came or was long forgotten', () => {
    now = 0;
    const unknown = make();
    unknown.mayYetCome('early');
    now = minutes(1);
    expect([unknown.mayYetCome('early'), unknown.mayYetCome('late')]).toEqual([false, true]);
    unknown.arrived('early');
    expect(unknown.mayYetCome('early')).toBe(true);
    now = minutes(12);
    expect(unknown.mayYetCome('late')).toBe(true);
  });

  it('is not waited for when a hundred others are: names can be made up', () => {
    now = 0;
    const unknown = make();
    for (let n = 0; n < 100; n += 1) unknown.mayYetCome(`made-up-${n}`);
    expect(unknown.mayYetCome('one-more')).toBe(false);
    now = minutes(11);
    expect(unknown.mayYetCome('one-more')).toBe(true);
  });
});
