import { isHeedError } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { expect, it } from 'vitest';
import { effectiveDate } from './effective-date.js';
import type { DateWish } from './effective-date.js';

const now = new Date('2026-11-21T10:00:00Z');
const at = (text: string): Date => new Date(text);
const wish = (over: Partial<DateWish>): DateWish => ({
  asked: undefined,
  now,
  inForce: loadSamplePack('ajuni'),
  material: true,
  notBefore: at('2026-01-01T00:00:00Z'),
  ...over,
});
function refusal(over: Partial<DateWish>): unknown {
  try {
    return effectiveDate(wish(over));
  } catch (error) {
    return isHeedError(error) ? { code: error.code, promise: error.promise } : error;
  }
}

it('AJU-56: a date less than 30 days away is refused, the 30th day is not', () => {
  expect(refusal({ asked: at('2026-12-21T09:59:59Z') })).toEqual({ code: 'policy_notice_too_short', promise: 'AJU-56' });
  expect(effectiveDate(wish({ asked: at('2026-12-21T10:00:00Z') }))).toEqual(at('2026-12-21T10:00:00Z'));
});

it('without a date the earliest one is taken', () => {
  expect(effectiveDate(wish({}))).toEqual(at('2026-12-21T10:00:00Z'));
  expect(effectiveDate(wish({ material: false }))).toEqual(now);
});

it('a policy that promised no number refuses no date, and one in the past means now', () => {
  const inForce = loadSamplePack('auronx');
  expect(effectiveDate(wish({ inForce, asked: at('2026-11-22T00:00:00Z') }))).toEqual(at('2026-11-22T00:00:00Z'));
  expect(effectiveDate(wish({ inForce, asked: at('2020-01-01T00:00:00Z') }))).toEqual(now);
});

it('versions take effect in order', () => {
  const notBefore = at('2027-03-01T00:00:00Z');
  expect(refusal({ notBefore, asked: at('2027-02-01T00:00:00Z') })).toEqual({ code: 'policy_before_earlier_version', promise: undefined });
  expect(effectiveDate(wish({ notBefore }))).toEqual(notBefore);
});
