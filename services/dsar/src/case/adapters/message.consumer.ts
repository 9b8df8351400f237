import { messageFailed, messageSent } from '@heed/contracts-notifications';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { Acknowledge } from '../app/acknowledge.js';
import { appendTimeline } from './request.store.js';

/** What became of the mails that dsar asked for. */
@Controller()
export class MessageConsumer {
  constructor(private readonly acknowledge: Acknowledge) {}

  @Consumes('notifications', messageSent)
  async onSent({ events, tx }: EventBatch<typeof messageSent>): Promise<void> {
    const mails = events.flatMap(({ data }) =>
      data.requestId && data.template === 'request_received' ? [{ requestId: data.requestId, sentAt: data.sentAt }] : [],
    );
    if (mails.length > 0) await this.acknowledge.sent(tx, mails);
  }

  @Consumes('notifications', messageFailed)
  async onFailed({ events, tx }: EventBatch<typeof messageFailed>): Promise<void> {
    const failed = events.flatMap(({ data }) => (data.requestId ? [{ ...data, requestId: data.requestId }] : []));
    const known = await tx.query<{ id: string }>('SELECT id FROM request WHERE id = ANY($1)', [failed.map((data) => data.requestId)]);
    const ids = new Set(known.map((row) => row.id));
    await appendTimeline(
      tx,
      failed
        .filter((data) => ids.has(data.requestId))
        .map((data) => ({ requestId: data.requestId, kind: 'mail_failed', actor: 'heed', data: { template: data.template, reason: data.reason } })),
    );
  }
}
