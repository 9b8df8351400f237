import { isHeedError } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { expect, it } from 'vitest';
import { republish } from './republication.js';
import type { Republication } from './republication.js';

const at = (text: string): Date => new Date(text);
const announced: Republication = {
  version: 3,
  state: 'announced',
  publishedAt: at('2026-11-21T10:00:00Z'),
  announcedFor: at('2027-01-14T18:30:00Z'),
  effectiveFrom: at('2027-01-14T18:30:00Z'),
  material: true,
  rules: loadSamplePack('ajuni'),
  notBefore: at('2026-01-01T00:00:00Z'),
  asked: undefined,
  now: at('2026-11-22T10:00:00Z'),
};
function outcome(over: Partial<Republication>): unknown {
  try {
    republish({ ...announced, ...over });
    return 'as it stands';
  } catch (error) {
    return isHeedError(error) ? { code: error.code, promise: error.promise, detail: error.message } : error;
  }
}

it('the same policy for its date, or for no date, stands as it is', () => {
  expect(outcome({})).toBe('as it stands');
  expect(outcome({ asked: announced.announcedFor })).toBe('as it stands');
  expect(outcome({ asked: announced.announcedFor, now: at('2027-01-10T00:00:00Z') })).toBe('as it stands');
});

it('another date is a conflict that says which one stands', () => {
  const answer = outcome({ asked: at('2027-03-01T00:00:00Z') });
  expect(answer).toMatchObject({ code: 'policy_already_announced', detail: expect.stringContaining('Version 3 is this policy and announced for 2027-01-14T18:30:00.000Z') as unknown });
});

it('AJU-56: a date before the promised notice is refused for that, also the second time', () => {
  expect(outcome({ asked: at('2026-12-01T00:00:00Z') })).toMatchObject({ code: 'policy_notice_too_short', promise: 'AJU-56' });
});

it('a policy in force cannot be given another date; a date long past means the day it was published', () => {
  const active = { state: 'active', announcedFor: announced.publishedAt, effectiveFrom: announced.publishedAt } as const;
  expect(outcome({ ...active, asked: at('2027-03-01T00:00:00Z') })).toMatchObject({ code: 'policy_already_in_force' });
  expect(outcome({ ...active, asked: at('2020-01-01T00:00:00Z') })).toBe('as it stands');
});

it('a postponed version is known by both of its dates', () => {
  const postponed = { effectiveFrom: at('2027-02-01T00:00:00Z') };
  expect(outcome({ ...postponed, asked: announced.announcedFor })).toBe('as it stands');
  expect(outcome({ ...postponed, asked: postponed.effectiveFrom })).toBe('as it stands');
});
