import { parseDuration } from './duration.js';

/**
 * A duration as people say it.
 * @throws HeedError `duration_malformed`
 * @example durationInWords('P13M') // '13 months'
 */
export function durationInWords(iso: string): string {
  const parsed = parseDuration(iso);
  if (parsed.kind === 'business_days') return counted(parsed.businessDays, 'business day');
  const { kind: _kind, ...parts } = parsed;
  const said = Object.entries(parts).filter(([, count]) => count > 0).map(([unit, count]) => counted(count, unit.slice(0, -1)));
  return said.length === 0 ? 'no time' : said.join(' and ');
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
