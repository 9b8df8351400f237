import { requestMessageWanted } from '@heed/contracts-dsar';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { remindAt } from './message.store.js';

/** Queues what dsar wants to tell people about their requests. */
@Controller()
export class MessageConsumer {
  @Consumes('mail', requestMessageWanted)
  async onWanted({ events, tx }: EventBatch<typeof requestMessageWanted>): Promise<void> {
    const now = tx.clock.now();
    const rows = events.map(({ data, correlationId, traceparent }) => ({ ...data, correlationId, traceparent: traceparent ?? null }));
    await tx.query(
      `INSERT INTO message (id, kind, template, request_id, ref, params, correlation_id, traceparent, state, next_at, created_at, queued_at)
       SELECT w."messageId", 'request', w.template, w."requestId", w.ref, w.params, w."correlationId", w.traceparent, 'queued', $2, $2, $2
         FROM jsonb_to_recordset($1::jsonb)
           AS w("messageId" uuid, template text, "requestId" uuid, ref text, params jsonb, "correlationId" text, traceparent text)
       ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(rows), now],
    );
    await remindAt(tx, now);
  }
}
