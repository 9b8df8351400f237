import { accessReviewOverdue } from '@heed/contracts-access';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { derivedId } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { LOGGER } from '@heed/runtime';
import { Controller, Inject } from '@nestjs/common';
import { remindAt } from '../message/message.store.js';

/** What came due longer ago is no news: the topic is read from its beginning by a service that is new. */
const NEWS_MS = 30 * 86_400_000;
/** Who is told of what waits for the tenant's administrators: the people whom its policy calls so. */
const ADMINISTRATORS = 'customer_admins';

/** An overdue review of access is told to every administrator by mail (AJU-50, AUR-19). */
@Controller()
export class AccessReviewConsumer {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  @Consumes('access', accessReviewOverdue)
  async onOverdue({ tenant, events, tx }: EventBatch<typeof accessReviewOverdue>): Promise<void> {
    const now = tx.clock.now();
    const admins = await tx.query<{ id: string }>('SELECT id FROM recipient WHERE audience = $1 ORDER BY id', [ADMINISTRATORS]);
    if (admins.length === 0) this.logger.warn({ tenant }, 'a review of access is overdue, and the tenant has named no administrators to tell');
    const news = events.filter(({ data }) => now.getTime() - Date.parse(data.dueAt) < NEWS_MS);
    const rows = news.flatMap(({ data, correlationId, traceparent }) =>
      admins.map(({ id }) => ({
        id: derivedId('access_review_overdue', tenant, data.reviewId, id),
        recipient: id,
        params: { dueAt: data.dueAt, undecided: String(data.undecided), entries: String(data.entries), reviewId: data.reviewId },
        correlation: correlationId,
        traceparent: traceparent ?? null,
      })),
    );
    await tx.query(
      `INSERT INTO message (id, kind, template, recipient_id, params, correlation_id, traceparent, state, next_at, created_at, queued_at)
       SELECT id, 'reminder', 'access_review_overdue', recipient, params, correlation, traceparent, 'queued', $2, $2, $2
         FROM jsonb_to_recordset($1::jsonb) AS m(id uuid, recipient uuid, params jsonb, correlation text, traceparent text)
       ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(rows), now],
    );
    await remindAt(tx, now);
  }
}
