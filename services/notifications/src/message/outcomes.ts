import { messageFailed, messageSent } from '@heed/contracts-notifications';
import { newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { Notices } from '../notice/notices.js';
import { NOTIFICATIONS } from '../source.js';
import type { Outcome } from './domain/delivery.js';
import { remindAt } from './message.store.js';
import type { Claimed } from './message.store.js';

export interface Attempt {
  readonly message: Claimed;
  readonly outcome: Outcome;
}

/**
 * Writes down what became of a batch and tells it. What a mail to a person was made of (the way to their status page, a
 * refusal's reason) goes once nothing more is sent; a recipient's may be sent again to a corrected address.
 */
@Injectable()
export class Outcomes {
  constructor(
    private readonly outbox: Outbox,
    private readonly notices: Notices,
  ) {}

  async save(tx: Tx, attempts: readonly Attempt[]): Promise<void> {
    if (attempts.length === 0) return;
    const rows = attempts.map(({ message, outcome }) => ({
      id: message.id,
      state: outcome.is === 'again' ? 'queued' : outcome.is,
      reason: outcome.is === 'sent' ? null : outcome.reason,
      at: outcome.is === 'failed' ? null : outcome.at,
    }));
    await tx.query(
      `UPDATE message m SET state = o.state, reason = o.reason, sent_at = CASE WHEN o.state = 'sent' THEN o.at END,
              params = CASE WHEN m.kind = 'request' AND o.state <> 'queued' THEN '{}' ELSE m.params END,
              next_at = CASE WHEN o.state = 'queued' THEN o.at ELSE m.next_at END
         FROM jsonb_to_recordset($1::jsonb) AS o(id uuid, state text, reason text, at timestamptz) WHERE m.id = o.id`,
      [JSON.stringify(rows)],
    );
    for (const { outcome } of attempts) if (outcome.is === 'again') await remindAt(tx, outcome.at);
    this.outbox.append(attempts.flatMap((attempt) => eventOf(tx, attempt)), tx);
    await this.notices.delivered(
      tx,
      attempts.flatMap(({ message, outcome }) =>
        outcome.is === 'sent' && message.notice_id && message.recipient_id
          ? [{ noticeId: message.notice_id, recipientId: message.recipient_id, at: outcome.at }]
          : [],
      ),
    );
  }
}

function eventOf(tx: Tx, { message, outcome }: Attempt): NewEvent<unknown>[] {
  if (message.ref === null || outcome.is === 'again') return [];
  const about = { messageId: message.id, requestId: message.request_id, ref: message.ref, template: message.template };
  const from = {
    source: NOTIFICATIONS,
    tenant: tx.tenant,
    key: message.ref,
    clock: tx.clock,
    cause: { correlationId: message.correlation_id, ...(message.traceparent ? { traceparent: message.traceparent } : {}) },
  };
  tx.record({ kind: `message.${outcome.is}`, ref: message.ref, data: { messageId: message.id, template: message.template } });
  if (outcome.is === 'sent') return [newEvent(messageSent, { ...from, data: { ...about, sentAt: outcome.at.toISOString() } })];
  return [newEvent(messageFailed, { ...from, data: { ...about, reason: outcome.reason } })];
}
