import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECISIONS, effectiveTime, isNo, prevails } from '../src/consent-record/decision.js';
import type { Decision, Held } from '../src/consent-record/decision.js';
import { joined, parted } from '../src/identity/domain/join.js';
import { bothOf, replay } from './sequential-model.js';
import type { Line } from './sequential-model.js';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-21T10:00:00Z');

const said = fc.record({
  says: fc.constantFrom<Line['says']>('yes', 'no'),
  pause: fc.constantFrom(0, 0, 1, HOUR),
  skew: fc.constantFrom(undefined, 0, -1, 1, -2 * HOUR, 2 * HOUR),
  foreign: fc.boolean(),
});

/** As the service folds decisions, one by one. */
function fold(lines: readonly Line[]): { readonly state: string; readonly id: string } | undefined {
  let held: (Held & { readonly id: string }) | undefined;
  for (const { id, says, reported, received, foreign } of lines) {
    const decision: Decision = says === 'yes' ? 'given' : 'withdrawn';
    const now = new Date(received);
    const told = reported === undefined ? undefined : new Date(reported).toISOString();
    const occurredAt = effectiveTime(told, now);
    if (prevails(decision, { at: told, received: now, ...(foreign ? { toleranceMs: 0 } : {}) }, held)) held = { state: decision, occurredAt: says === 'yes' ? occurredAt : now, validUntil: null, id };
  }
  return held;
}

function linesOf(acts: readonly { says: Line['says']; pause: number; skew: number | undefined; foreign: boolean }[]): readonly Line[] {
  let received = START;
  return acts.map(({ says, pause, skew, foreign }, i) => {
    received += pause;
    return { id: String(i), purpose: 'p', says, received, reported: skew === undefined ? undefined : received + skew, carried: false, foreign };
  });
}

describe('decisions one after the other', () => {
  it('come to what the simple model says, whatever the clocks of those who report them', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 50 }), (acts) => {
        const lines = linesOf(acts);
        const model = replay(lines).get('p');
        const held = fold(lines);
        expect([held?.state === 'given', held?.id]).toEqual([model?.allowed ?? false, model?.id]);
      }),
      { numRuns: 5000 },
    );
  });

  it('end in a no as soon as one arrives, and a yes of the same moment or before does not undo it', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), fc.constantFrom(undefined, 0, -1, -2 * HOUR, 2 * HOUR), (acts, skew) => {
        const no: Line = { id: 'no', purpose: 'p', says: 'no', received: START + 100 * HOUR, reported: undefined, carried: false };
        const yes: Line = { ...no, id: 'yes', says: 'yes', reported: skew === undefined ? undefined : no.received + skew };
        expect(fold([...linesOf(acts), no])).toMatchObject({ state: 'withdrawn', id: 'no' });
        expect(fold([...linesOf(acts), no, yes])).toMatchObject({ state: 'withdrawn', id: 'no' });
      }),
      { numRuns: 2000 },
    );
  });

  it('leave a yes that ended where the next is so far ahead that nobody knows which was first', () => {
    const [received, hour] = [new Date(START), new Date(START + HOUR).toISOString()];
    for (const state of ['expired', 'invalidated', 'terminated'] as const) {
      const ended: Held = { state, occurredAt: new Date(START - HOUR), validUntil: null };
      const moment = new Date(START + 1).toISOString();
      expect(prevails('given', { at: hour, received }, ended)).toBe(false);
      expect([60_000, 0].map((toleranceMs) => prevails('given', { at: moment, received, toleranceMs }, ended))).toEqual([true, false]);
      expect(prevails('given', { at: undefined, received }, ended)).toBe(true);
    }
  });
});

const held = fc.option(
  fc.record({
    state: fc.constantFrom<Decision>(...DECISIONS),
    occurredAt: fc.nat({ max: 5 }).map((ms) => new Date(START + ms)),
    validUntil: fc.option(fc.nat({ max: 3 }).map((days) => new Date(START + days * 24 * HOUR))),
  }),
  { nil: undefined },
);
const allows = (one: Held | undefined): boolean => one?.state === 'given';
const says = (one: Held | undefined): boolean => one !== undefined && isNo(one.state);

describe('two people who are found to be one', () => {
  it('have said no where either had, agree no longer than either, and come to the same whichever is named first', () => {
    fc.assert(
      fc.property(held, held, (one, other) => {
        const both = joined(one, other)?.state;
        expect(says(both)).toBe(says(one) || says(other));
        if (allows(both)) {
          expect(allows(one) || allows(other)).toBe(true);
          for (const of of [one, other]) if (of && allows(of)) expect(both?.validUntil?.getTime() ?? Infinity).toBeLessThanOrEqual(of.validUntil?.getTime() ?? Infinity);
        }
        const turned = joined(other, one)?.state;
        expect([allows(turned), says(turned)]).toEqual([allows(both), says(both)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('of yeses and noes come to what the simple model says', () => {
    const simple = fc.option(fc.record({ allowed: fc.boolean(), at: fc.nat({ max: 5 }) }), { nil: undefined });
    fc.assert(
      fc.property(simple, simple, (one, other) => {
        const real = (of: typeof one): Held | undefined => of && { state: of.allowed ? 'given' : 'withdrawn', occurredAt: new Date(START + of.at), validUntil: null };
        const model = bothOf(one && { ...one, id: 'a' }, other && { ...other, id: 'b' });
        expect(joined(real(one), real(other))?.state.state).toBe(model === undefined ? undefined : model ? 'given' : 'withdrawn');
      }),
    );
  });
});

describe('two people who part again', () => {
  it('keep every no, and of the yeses only their own that nobody contradicted', () => {
    fc.assert(
      fc.property(held, held, held, fc.boolean(), (own, others, now, noSince) => {
        const kept = parted({ own, others, now, noSince });
        if (says(now) || says(own)) expect(kept.is === 'no' || (kept.is === 'own' && says(kept.state))).toBe(true);
        if (kept.is === 'own' && allows(kept.state)) {
          expect(kept.state).toBe(own);
          expect([allows(now), noSince, says(others)]).toEqual([true, false, false]);
        }
        if (kept.is === 'invalidated') expect(allows(own)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
