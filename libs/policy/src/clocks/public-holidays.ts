import Holidays from 'date-holidays';

const DAY_MS = 86_400_000;
const years = new Map<string, ReadonlySet<string>>();

/**
 * The whole-day public holidays of a country or state in one year, as `YYYY-MM-DD`. Half days count as business days,
 * which can only make a deadline earlier.
 */
export function publicHolidays(country: string, state: string | undefined, year: number): ReadonlySet<string> {
  const key = `${country}/${state ?? ''}/${year}`;
  let days = years.get(key);
  if (!days) {
    days = read(country, state, year);
    years.set(key, days);
  }
  return days;
}

/** True when the calendar knows the place, so that a misspelt state is found when the pack is read. */
export function knowsHolidaysOf(country: string, state?: string): boolean {
  const all = new Holidays();
  if (!Object.hasOwn(all.getCountries(), country)) return false;
  return state === undefined || Object.hasOwn(all.getStates(country) ?? {}, state);
}

function read(country: string, state: string | undefined, year: number): ReadonlySet<string> {
  const calendar = state === undefined ? new Holidays(country) : new Holidays(country, state);
  const days = new Set<string>();
  for (const holiday of calendar.getHolidays(year)) {
    const length = Math.round((holiday.end.getTime() - holiday.start.getTime()) / DAY_MS);
    const first = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`);
    if (holiday.type !== 'public' || length < 1) continue;
    for (let n = 0; n < length; n++) days.add(new Date(first + n * DAY_MS).toISOString().slice(0, 10));
  }
  return days;
}
