import { describe, expect, it } from 'vitest';
import { addDuration, endOfLocalDay, toBusinessDay } from './add-duration.js';
import type { BusinessCalendar } from './calendar.js';
import { parseDuration } from './duration.js';
import { publicHolidays } from './public-holidays.js';

const calendar = (zone: string, country?: string): BusinessCalendar => ({
  zone,
  weekend: new Set([6, 7]),
  isHoliday: (day) => (country ? publicHolidays(country, undefined, Number(day.slice(0, 4))).has(day) : false),
});
const india = calendar('Asia/Kolkata', 'IN');
const berlin = calendar('Europe/Berlin', 'DE');
const utc = calendar('UTC');
const add = (from: string, iso: string, where: BusinessCalendar): string => addDuration(new Date(from), iso, where).toISOString();

describe('addDuration', () => {
  it.each([
    ['the last of a long month ends on the last of a short one', '2027-01-31T09:00:00Z', 'P1M', '2027-02-28T09:00:00.000Z'],
    ['the same in a leap year', '2028-01-31T09:00:00Z', 'P1M', '2028-02-29T09:00:00.000Z'],
    ['a leap day a year later', '2028-02-29T09:00:00Z', 'P1Y', '2029-02-28T09:00:00.000Z'],
    ['a leap day four years later', '2028-02-29T09:00:00Z', 'P4Y', '2032-02-29T09:00:00.000Z'],
    ['thirty days are not a month', '2027-01-31T09:00:00Z', 'P30D', '2027-03-02T09:00:00.000Z'],
    ['24 months', '2026-08-31T00:00:00Z', 'P24M', '2028-08-31T00:00:00.000Z'],
    ['hours run through a weekend', '2026-11-20T18:00:00Z', 'PT72H', '2026-11-23T18:00:00.000Z'],
    ['nothing', '2026-11-20T18:00:00Z', 'P0D', '2026-11-20T18:00:00.000Z'],
    ['mixed', '2026-11-20T18:00:00Z', 'P1Y1M1W1DT1H1M1S', '2027-12-28T19:01:01.000Z'],
  ])('%s', (_, from, iso, expected) => {
    expect(add(from, iso, utc)).toBe(expected);
  });

  it('counts a month from the local day, not from the day in UTC', () => {
    // 31 January 23:30 in Kolkata is still 18:00 in UTC; 1 February 00:30 there is 31 January 19:00 in UTC.
    expect(add('2027-01-31T18:00:00Z', 'P1M', india)).toBe('2027-02-28T18:00:00.000Z');
    expect(add('2027-01-31T19:00:00Z', 'P1M', india)).toBe('2027-02-28T19:00:00.000Z');
    expect(add('2027-02-28T19:00:00Z', 'P1M', india)).toBe('2027-03-31T19:00:00.000Z');
  });

  it('keeps the local time of day over daylight saving, and elapsed hours elapsed', () => {
    expect(add('2027-03-27T11:00:00Z', 'P1D', berlin)).toBe('2027-03-28T10:00:00.000Z');
    expect(add('2027-03-27T11:00:00Z', 'PT24H', berlin)).toBe('2027-03-28T11:00:00.000Z');
    expect(add('2027-10-30T10:00:00Z', 'P1D', berlin)).toBe('2027-10-31T11:00:00.000Z');
  });

  it('moves a local time that daylight saving skips to the hour after', () => {
    // 28 March 2027, 02:30 does not exist in Berlin.
    expect(add('2027-03-27T01:30:00Z', 'P1D', berlin)).toBe('2027-03-28T01:30:00.000Z');
  });

  it.each([
    ['over a weekend', '2026-11-20T12:30:00Z', 'P2BD', '2026-11-24T12:30:00.000Z'],
    ['from a Saturday', '2026-11-21T06:00:00Z', 'P2BD', '2026-11-24T06:00:00.000Z'],
    ['over Republic Day, a Tuesday', '2027-01-25T06:00:00Z', 'P2BD', '2027-01-28T06:00:00.000Z'],
    ['over Gandhi Jayanti, a Friday', '2026-10-01T06:00:00Z', 'P2BD', '2026-10-06T06:00:00.000Z'],
    ['from 23:30 in India, which is its own day', '2026-11-20T18:00:00Z', 'P1BD', '2026-11-23T18:00:00.000Z'],
    ['from 00:30 on Saturday in India, still Friday in UTC', '2026-11-20T19:00:00Z', 'P1BD', '2026-11-22T19:00:00.000Z'],
  ])('counts business days in India %s', (_, from, iso, expected) => {
    expect(add(from, iso, india)).toBe(expected);
  });

  it('counts business days over Easter and a change of the clock', () => {
    // Thursday before Easter 2027 in Berlin: Good Friday, weekend (and summer time), Easter Monday.
    expect(add('2027-03-25T09:00:00Z', 'P1BD', berlin)).toBe('2027-03-30T08:00:00.000Z');
  });

  it('moves a weekend or holiday to the next working day and leaves working days alone', () => {
    expect(toBusinessDay(new Date('2027-02-28T09:00:00Z'), utc).toISOString()).toBe('2027-03-01T09:00:00.000Z');
    expect(toBusinessDay(new Date('2027-03-26T09:00:00Z'), berlin).toISOString()).toBe('2027-03-30T08:00:00.000Z');
    expect(toBusinessDay(new Date('2027-03-31T09:00:00Z'), berlin).toISOString()).toBe('2027-03-31T09:00:00.000Z');
  });

  it('knows the end of a local day', () => {
    expect(endOfLocalDay(new Date('2026-11-20T18:29:00Z'), india).toISOString()).toBe('2026-11-20T18:29:59.999Z');
    expect(endOfLocalDay(new Date('2026-11-20T18:31:00Z'), india).toISOString()).toBe('2026-11-21T18:29:59.999Z');
  });

  it.each(['', 'P', 'PT', 'P2', '30 days', 'P-1D', 'P1.5D', 'P2BDT1H', 'P99999BD', 'p1d'])('refuses %j', (iso) => {
    expect(() => parseDuration(iso)).toThrow(expect.objectContaining({ code: 'duration_malformed' }));
  });
});
