import { policyActivated, policyAnnounced, policyPostponed } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { sourceLabel } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller } from '@nestjs/common';
import { isPublished } from './domain/notice-state.js';
import { Notices } from './notices.js';

/** Follows the tenant's policy: what is in force, and what is announced. One group, so that the order is kept. */
@Controller()
export class NoticeConsumer {
  constructor(
    private readonly policies: PolicyStore,
    private readonly notices: Notices,
  ) {}

  @Consumes('registry', policyAnnounced)
  async onAnnounced({ events, tx }: EventBatch<typeof policyAnnounced>): Promise<void> {
    await this.notices.lockAudiences(tx);
    for (const { data } of events) {
      // The version in force says who is told; the new one only says what.
      const { pack, version: inForce } = await this.policies.current(tx);
      const rule = pack.notices.policyChange;
      const now = tx.clock.now();
      const published = isPublished(rule.channels);
      const fresh = await tx.query(
        `INSERT INTO notice (id, policy_version, effective_from, changes, channels, channels_needed, audience, promise, announced_at, published_at,
           announced_under)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id`,
        [
          data.noticeId,
          data.version,
          data.effectiveFrom,
          JSON.stringify(data.changes),
          rule.channels,
          rule.channelsNeeded,
          rule.audience,
          sourceLabel(rule.source),
          now,
          published ? now : null,
          inForce,
        ],
      );
      if (published && fresh.length > 0) this.notices.published(tx, data.noticeId, data.version);
    }
    await this.notices.enqueueMissing(tx);
  }

  @Consumes('registry', policyPostponed)
  async onPostponed({ events, tx }: EventBatch<typeof policyPostponed>): Promise<void> {
    for (const { data } of events) {
      await tx.query('UPDATE notice SET effective_from = $2 WHERE policy_version = $1', [data.version, data.effectiveFrom]);
    }
  }

  @Consumes('registry', policyActivated)
  async onActivated({ events, tx }: EventBatch<typeof policyActivated>): Promise<void> {
    for (const { data } of events) {
      await this.policies.keep(tx, data);
      await tx.query('UPDATE notice SET ended_at = $2 WHERE policy_version <= $1 AND ended_at IS NULL', [data.version, tx.clock.now()]);
    }
  }
}
