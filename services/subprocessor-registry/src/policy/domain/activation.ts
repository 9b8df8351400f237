import { policyChangeEarliest } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

/** How far the notice of a version has come. */
export interface NoticeProgress {
  readonly recipients: number;
  readonly delivered: number;
  /** The latest delivery so far. */
  readonly lastDeliveredAt: Date | undefined;
}

export interface AnnouncedVersion {
  readonly effectiveFrom: Date;
  readonly publishedAt: Date;
  /** Undefined where nobody needs to be told. */
  readonly notice: NoticeProgress | undefined;
  /** The pack that was in force when the version was published: its promises hold for this change. */
  readonly rules: PolicyPack;
}

export type Decision =
  | { readonly is: 'activated' }
  | { readonly is: 'waiting_for_date' }
  | { readonly is: 'waiting_for_delivery' }
  | { readonly is: 'postponed'; readonly effectiveFrom: Date; readonly promise: string };

/**
 * Whether a version takes effect now. A promised lead time counts from the last delivery: while anybody has not got
 * the notice the version waits, and a late delivery moves the date (AJU-56). Nothing ever moves a date forward.
 */
export function decideActivation(version: AnnouncedVersion, now: Date): Decision {
  const { notice, rules } = version;
  const lead = rules.notices.policyChange;
  if (notice && lead.leadTime) {
    const told = lead.countedFrom === 'publication' ? version.publishedAt : toldEverybody(notice);
    if (!told) return { is: 'waiting_for_delivery' };
    const earliest = policyChangeEarliest({ pack: rules, deliveredAt: told });
    if (earliest && earliest.earliest > version.effectiveFrom) {
      return { is: 'postponed', effectiveFrom: earliest.earliest, promise: earliest.source };
    }
  }
  return { is: now >= version.effectiveFrom ? 'activated' : 'waiting_for_date' };
}

function toldEverybody(notice: NoticeProgress): Date | undefined {
  return notice.recipients > 0 && notice.delivered >= notice.recipients ? notice.lastDeliveredAt : undefined;
}
