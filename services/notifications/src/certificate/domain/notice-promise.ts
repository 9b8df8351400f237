import type { NoticeCertificate } from '@heed/certificate';
import { policyChangeEarliest } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { noticeState } from '../../notice/domain/notice-state.js';
import type { NoticeFacts } from '../../notice/domain/notice-state.js';

export interface ToldNotice extends NoticeFacts {
  readonly promise: string;
  readonly announcedAt: Date;
  readonly publishedAt: Date | null;
  readonly lastDelivery: Date | null;
  readonly effectiveFrom: Date;
  readonly endedAt: Date | null;
}

const DAY_MS = 86_400_000;

/** Everybody who was to be told has been: each recipient, or everybody at once where one channel is enough. */
export function isTold(notice: ToldNotice): boolean {
  const state = noticeState(notice);
  return state === 'delivered' || state === 'published' || (notice.channelsNeeded === 'any' && notice.publishedAt !== null);
}

/** True while a certificate could only say that nothing is settled yet. */
export const isOpen = (notice: ToldNotice): boolean => !isTold(notice) && !notice.endedAt && noticeState(notice) !== 'incomplete';

/**
 * Whether the change came as long after the notice as the policy in force then had promised.
 * @param rules the pack in force when the change was announced
 */
export function promiseOf(notice: ToldNotice, rules: PolicyPack): NoticeCertificate['promise'] {
  const { leadTime, countedFrom } = rules.notices.policyChange;
  const told = isTold(notice);
  const from = told ? countedSince(notice, countedFrom) : null;
  const earliest = from ? (policyChangeEarliest({ pack: rules, deliveredAt: from })?.earliest ?? null) : null;
  const inTime = from !== null && from <= notice.effectiveFrom && (!earliest || earliest <= notice.effectiveFrom);
  return {
    id: notice.promise,
    leadTime: leadTime?.value ?? null,
    countedFrom,
    from: from?.toISOString() ?? null,
    earliest: earliest?.toISOString() ?? null,
    daysGiven: from ? Math.max(0, Math.floor((notice.effectiveFrom.getTime() - from.getTime()) / DAY_MS)) : null,
    outcome: told ? (inTime ? 'kept' : 'missed') : notice.endedAt ? 'missed' : 'running',
  };
}

function countedSince(notice: ToldNotice, countedFrom: 'delivery' | 'publication'): Date {
  if (countedFrom === 'delivery') return notice.lastDelivery ?? notice.publishedAt ?? notice.announcedAt;
  return notice.publishedAt ?? notice.lastDelivery ?? notice.announcedAt;
}
