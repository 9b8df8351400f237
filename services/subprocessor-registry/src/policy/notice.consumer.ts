import { noticeDelivered, noticePublished } from '@heed/contracts-notifications';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { PolicyActivation } from './policy-activation.js';
import { lockPolicies } from './policy.store.js';

/** Who has the notice of a coming version: the promised lead time runs from the last of them. */
@Controller()
export class NoticeConsumer {
  constructor(private readonly activation: PolicyActivation) {}

  @Consumes('notices', noticeDelivered)
  async onDelivered({ tx, events }: EventBatch<typeof noticeDelivered>): Promise<void> {
    await lockPolicies(tx);
    const rows = JSON.stringify(events.map(({ data }) => data));
    await tx.query(
      `INSERT INTO notice_delivery (notice_id, recipient_id, delivered_at)
       SELECT DISTINCT ON (d."noticeId", d."recipientId") d."noticeId", d."recipientId", d."deliveredAt"
         FROM jsonb_to_recordset($1::jsonb) AS d("noticeId" uuid, "recipientId" uuid, "deliveredAt" timestamptz)
       ON CONFLICT DO NOTHING`,
      [rows],
    );
    await tx.query(
      `UPDATE policy_state s SET notice_recipients = GREATEST(s.notice_recipients, n.recipients), notice_delivered = d.delivered, notice_delivered_at = d.last
         FROM (SELECT "noticeId" AS id, max(recipients) AS recipients
                 FROM jsonb_to_recordset($1::jsonb) AS e("noticeId" uuid, recipients int) GROUP BY 1) n
         JOIN policy_version v ON v.notice_id = n.id
         CROSS JOIN LATERAL (SELECT count(*) AS delivered, max(delivered_at) AS last FROM notice_delivery WHERE notice_id = n.id) d
        WHERE s.version = v.version`,
      [rows],
    );
    await this.activation.advance(tx);
  }

  @Consumes('notices', noticePublished)
  async onPublished({ tx, events }: EventBatch<typeof noticePublished>): Promise<void> {
    await tx.query(
      `UPDATE policy_state s SET notice_published_at = LEAST(s.notice_published_at, p."publishedAt")
         FROM jsonb_to_recordset($1::jsonb) AS p("noticeId" uuid, "publishedAt" timestamptz)
         JOIN policy_version v ON v.notice_id = p."noticeId"
        WHERE s.version = v.version`,
      [JSON.stringify(events.map(({ data }) => data))],
    );
  }
}
