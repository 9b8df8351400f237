import { addDuration } from '@heed/policy';
import type { BusinessCalendar } from '@heed/policy';
import type { Decision } from '../../consent-record/decision.js';

/** What stands of one purpose when somebody thinks of asking. */
export interface Asking {
  readonly state: Decision | undefined;
  /** Since when. */
  readonly since: Date | undefined;
  readonly validUntil: Date | null;
  /** When the person was last asked, whether or not they answered. */
  readonly askedAt: Date | null;
  /** The yes that stands is to a notice that says something else now. */
  readonly outdated: boolean;
}

export interface MayAsk {
  readonly mayAsk: boolean;
  readonly reason: 'never_asked' | 'no_answer' | 'period_over' | 'notice_changed' | 'expired' | 'refused' | 'asked_recently' | 'given';
  /** From when on, where that is known; null where no time changes it. */
  readonly from: Date | null;
}

/**
 * Who was asked and said nothing has a month's peace. The policies fix a period after a no only; silence is less than
 * that, and a question that comes back every week is pressure.
 */
export const AFTER_SILENCE = 'P1M';

/**
 * May this person be asked for this purpose now? A no is left alone for the policy's period, a yes for as long as it holds.
 * @param askAgainAfter the policy's `consent.askAgainAfter`
 * @example mayAsk({ state: 'refused', since, … }, 'P12M', calendar, now).from // twelve months after the no
 */
export function mayAsk(asking: Asking, askAgainAfter: string, calendar: BusinessCalendar, now: Date): MayAsk {
  const { state, since, askedAt } = asking;
  if (state === 'refused' || state === 'withdrawn' || state === 'objected') {
    const from = addDuration(latest(since, askedAt) ?? now, askAgainAfter, calendar);
    return from <= now ? { mayAsk: true, reason: 'period_over', from } : { mayAsk: false, reason: 'refused', from };
  }
  const holds = state === 'given' && (asking.validUntil === null || asking.validUntil > now);
  if (holds && !asking.outdated) return { mayAsk: false, reason: 'given', from: asking.validUntil };
  const quiet = askedAt === null || (since !== undefined && askedAt < since && state !== 'requested' && state !== 'request_deferred') ? undefined : addDuration(askedAt, AFTER_SILENCE, calendar);
  if (quiet && quiet > now) return { mayAsk: false, reason: 'asked_recently', from: quiet };
  if (holds) return { mayAsk: true, reason: 'notice_changed', from: null };
  if (state === undefined) return { mayAsk: true, reason: quiet ? 'no_answer' : 'never_asked', from: quiet ?? null };
  return { mayAsk: true, reason: state === 'requested' || state === 'request_deferred' ? 'no_answer' : 'expired', from: quiet ?? null };
}

const latest = (one: Date | undefined, other: Date | null): Date | undefined => (other && (!one || other > one) ? other : one);
