import { HeedError, refused } from '@heed/kernel';
import { OPERATOR_DEFAULT, policyChangeEarliest } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

export interface DateWish {
  /** Undefined where the caller leaves it to us. */
  readonly asked: Date | undefined;
  readonly now: Date;
  readonly inForce: PolicyPack;
  /** Whether the change needs a notice. */
  readonly material: boolean;
  /** When the version before takes effect. */
  readonly notBefore: Date;
}

/**
 * The date from which a version is to be in effect. Only a promised lead time refuses one; a date in the past means
 * now, because what was done until now was done under the old version.
 * @throws HeedError `policy_notice_too_short` with the promise, `policy_before_earlier_version`
 */
export function effectiveDate(wish: DateWish): Date {
  const { asked, now, inForce, material, notBefore } = wish;
  const promised = material ? policyChangeEarliest({ pack: inForce, deliveredAt: now }) : undefined;
  if (asked && promised && asked < promised.earliest) throw tooShort(inForce, promised.earliest, promised.source);
  if (asked && asked < notBefore && now < notBefore) {
    throw refused('policy_before_earlier_version', `An earlier version takes effect on ${notBefore.toISOString()}; versions take effect in order.`);
  }
  return latest(asked ?? promised?.earliest ?? now, now, notBefore);
}

function tooShort(inForce: PolicyPack, earliest: Date, source: string): HeedError {
  const days = inForce.notices.policyChange.leadTime?.value ?? '';
  return refused(
    'policy_notice_too_short',
    `The policy in force promises ${days} between the notice and the change; the earliest possible date is ${earliest.toISOString()}.`,
    source === OPERATOR_DEFAULT ? undefined : source,
  );
}

function latest(...dates: readonly Date[]): Date {
  return new Date(Math.max(...dates.map((date) => date.getTime())));
}
