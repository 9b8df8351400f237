import { malformed } from '@heed/kernel';

/** A duration taken apart. Business days and calendar time never mix. */
export type ParsedDuration =
  | { readonly kind: 'business_days'; readonly businessDays: number }
  | {
      readonly kind: 'calendar';
      readonly years: number;
      readonly months: number;
      readonly weeks: number;
      readonly days: number;
      readonly hours: number;
      readonly minutes: number;
      readonly seconds: number;
    };

const BUSINESS_DAYS = /^P(\d{1,4})BD$/;
const CALENDAR =
  /^P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?)?$/;

/**
 * Reads an ISO 8601 duration, or `PnBD` for business days. Numbers have at most four digits, so that no pack can make
 * a service count for ever.
 * @throws HeedError `duration_malformed`
 * @example parseDuration('P2BD') // { kind: 'business_days', businessDays: 2 }
 */
export function parseDuration(iso: string): ParsedDuration {
  const business = BUSINESS_DAYS.exec(iso);
  if (business) return { kind: 'business_days', businessDays: Number(business[1]) };
  const found = CALENDAR.exec(iso);
  if (!found) throw malformed('duration_malformed', 'A duration looks like P30D, P1M, PT72H or P2BD.');
  const n = (index: number): number => Number(found[index] ?? 0);
  return {
    kind: 'calendar',
    years: n(1),
    months: n(2),
    weeks: n(3),
    days: n(4),
    hours: n(5),
    minutes: n(6),
    seconds: n(7),
  };
}
