import type { PolicyRow } from '../policy.store.js';

/** A version as callers see it. */
export function presentPolicy(row: PolicyRow): Readonly<Record<string, unknown>> {
  return {
    version: row.version,
    hash: row.hash,
    state: row.state,
    effectiveFrom: row.effective_from,
    announcedFor: row.announced_for,
    postponed: row.effective_from > row.announced_for,
    publishedAt: row.published_at,
    publishedBy: row.published_by,
    activatedAt: row.activated_at,
    notice: row.notice_id === null ? null : {
      id: row.notice_id,
      recipients: row.notice_recipients,
      delivered: row.notice_delivered,
      lastDeliveredAt: row.notice_delivered_at,
      publishedAt: row.notice_published_at,
    },
  };
}
