import { refused } from '@heed/kernel';
import type { PolicyPack } from '@heed/policy';

/** What can be carried out in the stores today. */
const SERVED: ReadonlySet<string> = new Set(['erase']);

/** @throws HeedError `request_type_not_offered` by the policy, `request_type_not_served` by this version of Heed */
export function checkType(pack: PolicyPack, type: string): void {
  if (!pack.requests.types.some((offered) => offered.type === type)) {
    throw refused('request_type_not_offered', `The policy offers no requests of type ${type}.`);
  }
  if (!SERVED.has(type)) {
    throw refused('request_type_not_served', `Heed carries out erase requests today; ${type} is not served yet, so no case was opened.`);
  }
}

/** A day in milliseconds: how long the ingress topic keeps a record. */
const LONGEST_WAIT = 86_400_000;

/**
 * When a case arrived: clocks run from when the person asked, not from when we got round to reading it. A time in the
 * future counts as now, and none can be older than the topic keeps.
 */
export function arrivedAt(reported: Date, now: Date): Date {
  if (reported.getTime() === 0) return now;
  return new Date(Math.min(now.getTime(), Math.max(reported.getTime(), now.getTime() - LONGEST_WAIT)));
}
