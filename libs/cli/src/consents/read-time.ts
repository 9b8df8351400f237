const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;
const PARTS = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/** A time as tables write it, in UTC where it names no offset. @returns undefined where it is none, the 31st of June too */
export function readTime(text: string, dates: 'iso' | 'dmy' | 'mdy'): Date | undefined {
  if (dates === 'iso') {
    const match = ISO.exec(text.trim());
    if (!match) return undefined;
    const [, year, month, day, hour = '00', minute = '00', second = '00', zone = 'Z'] = match;
    if (!isDay(Number(year), Number(month), Number(day))) return undefined;
    const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
    return valid(new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`));
  }
  const match = PARTS.exec(text.trim());
  if (!match) return undefined;
  const [first, second, year, hour = 0, minute = 0, seconds = 0] = match.slice(1).map((part: string | undefined) => (part === undefined ? undefined : Number(part)));
  const [day, month] = dates === 'dmy' ? [first, second] : [second, first];
  if (day === undefined || month === undefined || year === undefined || !isDay(year, month, day) || hour > 23 || minute > 59 || seconds > 59) return undefined;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, seconds));
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const valid = (date: Date): Date | undefined => (Number.isNaN(date.getTime()) ? undefined : date);
