import { addDuration } from '@heed/policy';
import type { BusinessCalendar } from '@heed/policy';

/** How long before its date a review is opened, so that it can be done by then: two weeks, or half of a shorter time. */
const TIME_TO_DECIDE_MS = 14 * 86_400_000;

export interface ReviewDates {
  readonly opensAt: Date;
  /** The review before is older than promised from here on: one that is still open is overdue. */
  readonly dueAt: Date;
}

/**
 * When access is reviewed next, as months are counted in the tenant's zone.
 * @param since when the last review was closed, or the first policy came into force
 * @example reviewDates(new Date('2026-11-30T10:00:00Z'), 'P3M', calendarOf(ajuni)).dueAt // 2027-02-28, 15:30 in India
 */
export function reviewDates(since: Date, every: string, calendar: BusinessCalendar): ReviewDates {
  const dueAt = addDuration(since, every, calendar);
  const half = (dueAt.getTime() - since.getTime()) / 2;
  return { dueAt, opensAt: new Date(dueAt.getTime() - Math.min(TIME_TO_DECIDE_MS, half)) };
}
