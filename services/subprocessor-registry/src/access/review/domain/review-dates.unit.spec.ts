import { calendarOf, loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { reviewDates } from './review-dates.js';

const ajuni = loadSamplePack('ajuni'); // Asia/Kolkata, without daylight saving
const every = ajuni.security.accessReviewEvery.value;
const berlin = { ...calendarOf(ajuni), zone: 'Europe/Berlin' };
const at = (text: string): Date => new Date(text);

describe('the dates of a review', () => {
  it('AJU-50: fall a quarter after the last one, and it is opened two weeks before', () => {
    expect(every).toBe('P3M');
    expect(reviewDates(at('2026-11-21T10:00:00Z'), every, calendarOf(ajuni))).toEqual({ opensAt: at('2027-02-07T10:00:00Z'), dueAt: at('2027-02-21T10:00:00Z') });
  });

  it('AUR-19: fall half a year after the last one', () => {
    const aurigen = loadSamplePack('aurigen');
    expect(aurigen.security.accessReviewEvery.value).toBe('P6M');
    const { dueAt } = reviewDates(at('2026-11-21T10:00:00Z'), aurigen.security.accessReviewEvery.value, calendarOf(aurigen));
    expect(dueAt).toEqual(at('2027-05-21T10:00:00Z'));
  });

  it('are the last day of a month that has no such day', () => {
    expect(reviewDates(at('2026-11-30T10:00:00Z'), 'P3M', calendarOf(ajuni)).dueAt).toEqual(at('2027-02-28T10:00:00Z'));
    // The 30th in India already.
    expect(reviewDates(at('2026-11-29T20:00:00Z'), 'P3M', calendarOf(ajuni)).dueAt).toEqual(at('2027-02-27T20:00:00Z'));
  });

  it('keep the local time of day over a change to summer time and back', () => {
    expect(reviewDates(at('2027-01-15T08:00:00Z'), 'P3M', berlin).dueAt).toEqual(at('2027-04-15T07:00:00Z'));
    expect(reviewDates(at('2027-08-15T07:00:00Z'), 'P3M', berlin).dueAt).toEqual(at('2027-11-15T08:00:00Z'));
  });

  it('leave half of the time to decide where a review is due sooner than in four weeks', () => {
    expect(reviewDates(at('2026-11-21T00:00:00Z'), 'P10D', calendarOf(ajuni)).opensAt).toEqual(at('2026-11-26T00:00:00Z'));
  });
});
