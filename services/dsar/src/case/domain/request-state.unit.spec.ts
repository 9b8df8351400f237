import { describe, expect, it } from 'vitest';
import { after, isOver, REQUEST_STATES, statesBefore } from './request-state.js';
import type { RequestAct, RequestState } from './request-state.js';

const ACTS: readonly RequestAct[] = ['verify', 'approve', 'refuse', 'extend', 'hold', 'release', 'settle'];

/** Every possible pair, so that a new transition is a decision and not an accident. */
const POSSIBLE: Readonly<Record<string, RequestState>> = {
  'awaiting_verification verify': 'verified',
  'awaiting_verification refuse': 'refused',
  'awaiting_verification extend': 'awaiting_verification',
  'verified approve': 'in_progress',
  'verified refuse': 'refused',
  'verified extend': 'verified',
  'in_progress hold': 'held',
  'in_progress settle': 'closed',
  'in_progress extend': 'in_progress',
  'held release': 'in_progress',
  'held settle': 'closed',
  'held extend': 'held',
};

describe('the state of a request', () => {
  it.each(REQUEST_STATES.flatMap((state) => ACTS.map((act) => [state, act] as const)))('%s, then %s', (state, act) => {
    const next = POSSIBLE[`${state} ${act}`];
    if (next) expect(after(state, act)).toBe(next);
    else expect(() => after(state, act)).toThrow(expect.objectContaining({ kind: 'conflict', code: 'state_conflict' }));
  });

  it('is over when it is closed or refused', () => {
    expect(REQUEST_STATES.filter(isOver)).toEqual(['closed', 'refused']);
  });

  it('knows from where an act is possible', () => {
    expect(statesBefore('settle')).toEqual(['in_progress', 'held']);
    expect(statesBefore('refuse')).toEqual(['awaiting_verification', 'verified']);
  });
});
