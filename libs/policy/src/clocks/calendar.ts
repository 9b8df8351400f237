import { Temporal } from '@js-temporal/polyfill';
import type { PolicyPack } from '../pack/pack.schema.js';
import type { Weekday } from '../pack/sections/tenant.schema.js';
import { publicHolidays } from './public-holidays.js';

/** Where and how days are counted. `weekend` uses ISO numbers, 1 = Monday; `isHoliday` takes `YYYY-MM-DD`. */
export interface BusinessCalendar {
  readonly zone: string;
  readonly weekend: ReadonlySet<number>;
  isHoliday(day: string): boolean;
}

const ISO_WEEKDAY: Readonly<Record<Weekday, number>> = {
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
  sunday: 7,
};

const calendars = new WeakMap<PolicyPack, BusinessCalendar>();

/**
 * The pack's calendar: its zone, its weekend, the public holidays it names and its own corrections of them, which
 * win. A correction can also make a day of the weekend a business day.
 */
export function calendarOf(pack: PolicyPack): BusinessCalendar {
  let calendar = calendars.get(pack);
  if (!calendar) {
    calendar = build(pack);
    calendars.set(pack, calendar);
  }
  return calendar;
}

/** True on days on which the tenant works. */
export function isBusinessDay(day: Temporal.PlainDate, calendar: BusinessCalendar): boolean {
  return !calendar.weekend.has(day.dayOfWeek) && !calendar.isHoliday(day.toString());
}

function build(pack: PolicyPack): BusinessCalendar {
  const { holidays, overrides, weekend } = pack.calendar;
  const corrections = new Map(overrides.map((o) => [o.date, o.businessDay]));
  return {
    zone: pack.tenant.zone.value,
    weekend: new Set(weekend.value.map((day) => ISO_WEEKDAY[day])),
    isHoliday(day) {
      const businessDay = corrections.get(day);
      if (businessDay !== undefined) return !businessDay;
      return holidays ? publicHolidays(holidays.country, holidays.state, Number(day.slice(0, 4))).has(day) : false;
    },
  };
}
