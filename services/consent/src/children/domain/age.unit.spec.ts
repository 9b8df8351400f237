import { describe, expect, it } from 'vitest';
import { afterStatement, groupOf } from './age.js';
import type { AgeStatement, KnownAge } from './age.js';

const LIMITS = [13, 16, 18];
const NOW = new Date('2026-11-22T00:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

function after(...said: readonly (readonly [AgeStatement, Date?])[]): KnownAge | undefined {
  return said.reduce<KnownAge | undefined>((known, [statement, at]) => afterStatement(known, statement, LIMITS, at ?? NOW), undefined);
}

describe('what is known of an age', () => {
  it('is the highest limit that is reached, and not the age', () => {
    expect([7, 12, 13, 15, 16, 17].map((age) => after([{ age }])?.atLeast)).toEqual([0, 0, 13, 13, 16, 16]);
  });

  it('is nothing of who is grown up, and of whom nobody said a word', () => {
    expect(after([{ age: 18 }])).toBeUndefined();
    expect(after([{}], [{ childSignal: false }])).toBeUndefined();
  });

  it('says who is a child where: 17 in India and not under the GDPR', () => {
    const known = after([{ age: 17 }]);
    expect([groupOf(known, 18), groupOf(known, 16), groupOf(undefined, 18)]).toEqual(['child', 'adult', 'unknown']);
  });

  it('is a suspicion where only a signal is known, also beside a grown-up age', () => {
    expect(groupOf(after([{ childSignal: true }]), 13)).toBe('suspected');
    expect(groupOf(after([{ age: 30, childSignal: true }]), 13)).toBe('suspected');
    expect(groupOf(after([{ childSignal: true }], [{ age: 30 }]), 13)).toBe('suspected');
  });

  it("a child's number says more than a signal", () => {
    expect(after([{ childSignal: true }], [{ age: 15 }])).toMatchObject({ standing: 'stated', atLeast: 13 });
    expect(after([{ age: 15 }], [{ childSignal: true }])).toMatchObject({ standing: 'stated', atLeast: 13 });
    expect(after([{ age: 15, childSignal: true }])).toMatchObject({ atLeast: 13 });
  });

  it('the strictest wins: a lower age counts at once', () => {
    expect(after([{ age: 17 }], [{ age: 12 }])?.atLeast).toBe(0);
  });

  it('who was refused does not grow up by another click', () => {
    expect(after([{ age: 17 }], [{ age: 18 }])?.atLeast).toBe(16);
    expect(after([{ age: 15 }], [{ age: 18 }, later(60)])?.atLeast).toBe(13);
  });

  it('a birthday makes a grown-up only where it is stated again, once it can be true', () => {
    expect(groupOf(after([{ age: 17 }], [{}, later(4000)]), 18)).toBe('child');
    expect(groupOf(after([{ age: 17 }], [{ age: 18 }, later(30)]), 18)).toBe('adult');
    expect(after([{ age: 12 }], [{ age: 18 }, later(366 * 3)])?.atLeast).toBe(0);
    expect(after([{ age: 12 }], [{ age: 18 }, later(366 * 6)])?.atLeast).toBe(18);
  });

  it('the later of two moments counts where two ages share a limit', () => {
    expect(after([{ age: 15 }], [{ age: 13 }])?.believedFrom).toEqual(new Date('2028-11-22T00:00:00Z'));
  });

  it('what somebody verified stands against signals, and falls to a lower age', () => {
    const adult: KnownAge = { standing: 'verified', atLeast: 18, believedFrom: null, parental: null };
    expect(afterStatement(adult, { childSignal: true }, LIMITS, NOW)).toBe(adult);
    expect(afterStatement(adult, { age: 12 }, LIMITS, NOW)).toMatchObject({ standing: 'stated', atLeast: 0 });
    const child: KnownAge = { standing: 'verified', atLeast: 0, believedFrom: null, parental: { method: 'signed_form', reference: 'p-1', verifiedAt: NOW.toISOString() } };
    expect(afterStatement(child, { age: 30 }, LIMITS, later(9000))).toBe(child);
  });
});
