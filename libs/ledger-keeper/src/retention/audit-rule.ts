import { addDuration } from '@heed/policy';
import { z } from 'zod';

/** The one part of a pack that is read here, so that a pack of a newer form changes nothing else. */
export const auditSection = z.looseObject({
  defaultPlan: z.looseObject({ value: z.string() }),
  plans: z.array(z.looseObject({ plan: z.string(), keep: z.string(), source: z.union([z.string(), z.array(z.string())]) })).min(1),
});
export type AuditSection = z.output<typeof auditSection>;

/** How long a tenant's records are kept, and who says so. */
export interface AuditRule {
  readonly plan: string;
  /** ISO 8601. */
  readonly keep: string;
  /** The promise, or `operator_default`. */
  readonly by: string;
}

/**
 * The rule of the tenant's plan.
 * @param plan the one the operator has set for the tenant; the pack's own default where there is none
 * @returns undefined where the pack does not offer that plan: then nothing is pruned, for what is gone does not come back
 */
export function ruleOf(audit: AuditSection, plan = audit.defaultPlan.value): AuditRule | undefined {
  const found = audit.plans.find((one) => one.plan === plan);
  return found && { plan, keep: found.keep, by: [found.source].flat().join(' ') };
}

/** A day of the ledger is a day in UTC, for every tenant. */
const UTC = { zone: 'UTC', weekend: new Set<number>(), isHoliday: () => false };

const DAY_MS = 86_400_000;

/**
 * The first moment whose records are still to be kept: all from before it have been kept for as long as the rule says. Months
 * differ in length, so of two moments the later may be over first (29 January 18:00 and 30 January 9:00 plus a month); the
 * days themselves never are.
 */
export function expiredBefore(keep: string, now: Date): Date {
  const endOf = (day: number): number => addDuration(new Date(day * DAY_MS), keep, UTC).getTime(); // of a record made at midnight
  let [over, kept] = [0, Math.floor(now.getTime() / DAY_MS) + 1];
  while (kept - over > 1) {
    const day = Math.floor((over + kept) / 2);
    if (endOf(day) + DAY_MS - 1 <= now.getTime()) over = day;
    else kept = day;
  }
  return new Date(kept * DAY_MS + Math.max(0, now.getTime() - endOf(kept) + 1));
}
