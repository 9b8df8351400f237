import { describe, expect, it } from 'vitest';
import type { PresentState } from './consent-record.store.js';
import type { Decision } from './decision.js';
import { PresentStates } from './present-states.js';

const NOW = new Date('2026-11-22T10:00:00Z');
const held = (purpose: string, domain: string, state: Decision, validUntil: Date | null = null): PresentState => ({
  ref: 'sub_a', purpose, domain, state, recordId: `${purpose} ${domain}`, occurredAt: new Date('2026-11-01T10:00:00Z'), validUntil, noticeId: null, noticeVersion: null,
});
const standing = (...states: readonly PresentState[]): unknown => {
  const present = new PresentStates(states);
  return present.standing('sub_a', present.decided('sub_a'), NOW);
};

describe('what the stores of a person are to do', () => {
  it('goes by what was decided everywhere: a no for one domain switches nothing off for the person', () => {
    expect(standing(held('analytics', '', 'given'), held('analytics', 'one.example', 'withdrawn'))).toEqual({ on: ['analytics'], off: [] });
    expect(standing(held('analytics', '', 'withdrawn'), held('analytics', 'one.example', 'given'))).toEqual({ on: [], off: ['analytics'] });
  });

  it('is off where nothing was decided everywhere and domains disagree, and on where all agree', () => {
    expect(standing(held('analytics', 'one.example', 'given'), held('analytics', 'two.example', 'refused'))).toEqual({ on: [], off: ['analytics'] });
    expect(standing(held('analytics', '', 'requested'), held('analytics', 'one.example', 'given'), held('analytics', 'two.example', 'given'))).toEqual({ on: ['analytics'], off: [] });
  });

  it('is off where the time of a yes has passed, whether or not that was recorded', () => {
    expect(standing(held('analytics', '', 'given', NOW), held('marketing_email', '', 'given', new Date(NOW.getTime() + 1)))).toEqual({ on: ['marketing_email'], off: ['analytics'] });
    expect(standing(held('analytics', 'one.example', 'given'), held('analytics', 'two.example', 'given', NOW))).toEqual({ on: [], off: ['analytics'] });
  });

  it('is nothing where the person was only asked, or is somebody else', () => {
    expect(standing(held('analytics', '', 'requested'), { ...held('marketing_email', '', 'given'), ref: 'sub_b' })).toEqual({ on: [], off: [] });
  });
});
