import { noticeDelivered, noticePublished } from '@heed/contracts-notifications';
import { derivedId, newEvent, uuidv7 } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { remindAt } from '../message/message.store.js';
import { NOTIFICATIONS } from '../source.js';

export interface Delivery {
  readonly noticeId: string;
  readonly recipientId: string;
  readonly at: Date;
}

/** Brings notices to their recipients and tells the registry who has them. */
@Injectable()
export class Notices {
  constructor(private readonly outbox: Outbox) {}

  /** Under this lock recipients and notices come: neither misses the other. */
  async lockAudiences(tx: Tx): Promise<void> {
    await tx.query('SELECT 1 FROM audience_head FOR UPDATE');
  }

  /** Queues a mail for everybody of a running notice's audience who has none yet. Call with the audiences locked. */
  async enqueueMissing(tx: Tx): Promise<void> {
    const missing = await tx.query<{ notice_id: string; recipient_id: string }>(
      `SELECT n.id AS notice_id, r.id AS recipient_id FROM notice n JOIN recipient r ON r.audience = ANY(n.audience)
        WHERE n.ended_at IS NULL AND 'email' = ANY(n.channels)
          AND NOT EXISTS (SELECT 1 FROM message m WHERE m.notice_id = n.id AND m.recipient_id = r.id)`,
    );
    if (missing.length === 0) return;
    const now = tx.clock.now();
    await tx.query(
      `INSERT INTO message (id, kind, template, notice_id, recipient_id, correlation_id, traceparent, state, next_at, created_at, queued_at)
       SELECT q.id, 'notice', 'policy_change', q.notice, q.recipient, $2, $3, 'queued', $4, $4, $4
         FROM jsonb_to_recordset($1::jsonb) AS q(id uuid, notice uuid, recipient uuid)`,
      [
        JSON.stringify(missing.map((m) => ({ id: derivedId('notice', tx.tenant, m.notice_id, m.recipient_id), notice: m.notice_id, recipient: m.recipient_id }))),
        tx.cause?.correlationId ?? uuidv7(now),
        tx.cause?.traceparent ?? null,
        now,
      ],
    );
    await remindAt(tx, now);
    await this.retell(tx, missing.map((m) => m.notice_id));
  }

  /** A corrected address gets the notices that could not reach the old one. */
  async readdressed(tx: Tx, recipientIds: readonly string[]): Promise<void> {
    const now = tx.clock.now();
    const again = await tx.query(
      `UPDATE message SET state = 'queued', reason = NULL, attempts = 0, next_at = $2, queued_at = $2
        WHERE recipient_id = ANY($1) AND state IN ('queued', 'failed') RETURNING id`,
      [recipientIds, now],
    );
    if (again.length > 0) await remindAt(tx, now);
  }

  /**
   * A recipient is erased: what was still to be sent to them ends with this reason, as does what could not be sent for a notice
   * that runs, which waits for nobody whom it cannot reach any more.
   */
  async withdrawn(tx: Tx, recipientId: string, reason: string): Promise<number> {
    const ended = await tx.query<{ notice_id: string | null }>(
      `UPDATE message SET state = 'failed', reason = $2
        WHERE recipient_id = $1 AND (state = 'queued' OR (state = 'failed' AND notice_id IN (SELECT id FROM notice WHERE ended_at IS NULL))) RETURNING notice_id`,
      [recipientId, reason],
    );
    await this.retell(tx, ended.flatMap(({ notice_id: noticeId }) => noticeId ?? []));
    return ended.length;
  }

  /** The notice stands where the policy says it will. */
  published(tx: Tx, noticeId: string, policyVersion: number): void {
    const data = { noticeId, policyVersion, publishedAt: tx.clock.now().toISOString() };
    tx.record({ kind: 'notice.published', data });
    this.outbox.append([newEvent(noticePublished, { source: NOTIFICATIONS, tenant: tx.tenant, key: noticeId, data, clock: tx.clock, cause: tx.cause })], tx);
  }

  /** Tells of each delivery, with how many of how many recipients have the notice by now. */
  async delivered(tx: Tx, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const noticeIds = [...new Set(deliveries.map((delivery) => delivery.noticeId))].sort();
    await tx.query('SELECT 1 FROM notice WHERE id = ANY($1) ORDER BY id FOR UPDATE', [noticeIds]);
    const counts = await countsOf(tx, noticeIds);
    for (const { noticeId, recipientId, at } of deliveries) {
      const count = counts.get(noticeId);
      if (!count) continue;
      const data = {
        noticeId,
        policyVersion: count.version,
        recipientId,
        deliveredAt: at.toISOString(),
        recipients: count.recipients,
        delivered: count.delivered,
      };
      tx.record({ kind: 'notice.delivered', data });
      this.outbox.append([newEvent(noticeDelivered, { source: NOTIFICATIONS, tenant: tx.tenant, key: noticeId, data, clock: tx.clock, cause: tx.cause })], tx);
    }
  }

  /** A recipient came or went while the notice runs: the last delivery is told again with the new count, so that nobody takes the notice for complete. */
  private async retell(tx: Tx, noticeIds: readonly string[]): Promise<void> {
    const last = await tx.query<{ notice_id: string; recipient_id: string; sent_at: Date }>(
      `SELECT DISTINCT ON (notice_id) notice_id, recipient_id, sent_at FROM message
        WHERE notice_id = ANY($1) AND state = 'sent' ORDER BY notice_id, sent_at DESC`,
      [noticeIds],
    );
    await this.delivered(tx, last.map((row) => ({ noticeId: row.notice_id, recipientId: row.recipient_id, at: row.sent_at })));
  }
}

async function countsOf(tx: Tx, noticeIds: readonly string[]): Promise<ReadonlyMap<string, { version: number; recipients: number; delivered: number }>> {
  const rows = await tx.query<{ id: string; version: number; recipients: number; delivered: number }>(
    `SELECT n.id, n.policy_version AS version, count(m.id)::int AS recipients, (count(m.id) FILTER (WHERE m.state = 'sent'))::int AS delivered
       FROM notice n JOIN message m ON m.notice_id = n.id AND m.reason IS DISTINCT FROM 'recipient_erased' WHERE n.id = ANY($1) GROUP BY n.id`,
    [noticeIds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
