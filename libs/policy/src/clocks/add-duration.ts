import { Temporal } from '@js-temporal/polyfill';
import { isBusinessDay, type BusinessCalendar } from './calendar.js';
import { parseDuration } from './duration.js';

/**
 * The moment a duration after another, as a person in the tenant's zone counts it. Days, months and years keep the
 * local time of day over daylight saving; a month ends on its last day when the number does not exist (31 Jan + P1M =
 * 28 Feb). Hours are elapsed hours and run through weekends. Business days skip the day itself, weekends and holidays.
 * @throws HeedError `duration_malformed`
 * @example addDuration(new Date('2026-11-20T12:30:00Z'), 'P2BD', calendarOf(ajuni)) // Fri → Tue 2026-11-24T12:30:00Z
 */
export function addDuration(from: Date, iso: string, calendar: BusinessCalendar): Date {
  const duration = parseDuration(iso);
  const start = local(from, calendar);
  if (duration.kind === 'business_days') return utc(addBusinessDays(start, duration.businessDays, calendar));
  const { years, months, weeks, days, hours, minutes, seconds } = duration;
  return utc(start.add({ years, months, weeks, days }).add({ hours, minutes, seconds }));
}

/** The same local time on the first business day not before the given one. */
export function toBusinessDay(at: Date, calendar: BusinessCalendar): Date {
  let day = local(at, calendar);
  while (!isBusinessDay(day.toPlainDate(), calendar)) day = day.add({ days: 1 });
  return utc(day);
}

/** The calendar day in the tenant's zone, `YYYY-MM-DD`. */
export function localDay(at: Date, calendar: BusinessCalendar): string {
  return local(at, calendar).toPlainDate().toString();
}

/** The last millisecond of the local day, for what must happen "the same day" (AJU-58). */
export function endOfLocalDay(at: Date, calendar: BusinessCalendar): Date {
  const next = local(at, calendar).add({ days: 1 }).startOfDay();
  return new Date(next.epochMilliseconds - 1);
}

function addBusinessDays(start: Temporal.ZonedDateTime, count: number, calendar: BusinessCalendar): Temporal.ZonedDateTime {
  // Counted on plain dates: the local time of day is put back once, so a missing hour on the way shifts nothing.
  let day = start.toPlainDate();
  for (let left = count; left > 0; ) {
    day = day.add({ days: 1 });
    if (isBusinessDay(day, calendar)) left -= 1;
  }
  return day.toZonedDateTime({ timeZone: calendar.zone, plainTime: start.toPlainTime() });
}

function local(at: Date, calendar: BusinessCalendar): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(calendar.zone);
}

function utc(at: Temporal.ZonedDateTime): Date {
  return new Date(at.epochMilliseconds);
}
