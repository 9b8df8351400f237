import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { statusUrl } from '../../status-page/status-url.js';
import { appendTimeline } from '../adapters/request.store.js';
import { mailWanted } from './request-mail.js';

export interface ToAcknowledge {
  readonly id: string;
  readonly ref: string;
  readonly type: string;
  readonly due: Date;
  readonly receivedAt: Date;
  readonly token: string;
}

/**
 * Tells people that their request is here. It counts as acknowledged (AJU-39) when the mail server took the message, not
 * when it was asked for.
 */
export class Acknowledge {
  constructor(
    private readonly outbox: Outbox,
    private readonly origin: string,
  ) {}

  async want(tx: Tx, requests: readonly ToAcknowledge[]): Promise<void> {
    const mails = requests.map(({ id, ref, type, due, receivedAt, token }) =>
      mailWanted(tx, {
        requestId: id,
        ref,
        template: 'request_received',
        params: { type, receivedAt: receivedAt.toISOString(), due: due.toISOString(), statusUrl: statusUrl(this.origin, token) },
      }),
    );
    this.outbox.append(mails, tx);
  }

  async sent(tx: Tx, mails: readonly { readonly requestId: string; readonly sentAt: string }[]): Promise<void> {
    const rows = await tx.query<{ id: string; acknowledged_at: Date }>(
      `UPDATE request r SET acknowledged_at = m.at
         FROM (SELECT id, min(at) AS at FROM unnest($1::uuid[], $2::timestamptz[]) AS u(id, at) GROUP BY id) AS m
        WHERE r.id = m.id AND r.acknowledged_at IS NULL RETURNING r.id, r.acknowledged_at`,
      [mails.map((mail) => mail.requestId), mails.map((mail) => mail.sentAt)],
    );
    await appendTimeline(tx, rows.map((row) => ({ requestId: row.id, kind: 'acknowledged', actor: 'heed', at: row.acknowledged_at })));
    for (const row of rows) tx.record({ kind: 'request.acknowledged', data: { requestId: row.id, at: row.acknowledged_at } });
  }
}
