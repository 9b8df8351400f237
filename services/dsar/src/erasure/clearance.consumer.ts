import { clearanceHeld, cleared, holdReleased } from '@heed/contracts-retention';
import { Fanout } from '@heed/fanout';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import type { Tx } from '@heed/persistence';
import { Controller } from '@nestjs/common';
import { appendTimeline } from '../case/adapters/request.store.js';
import { waitingForAnswer } from '../person/identity-questions.js';
import { statesBefore } from '../case/domain/request-state.js';

/** Retention's word: go, wait, or go on. */
@Controller()
export class ClearanceConsumer {
  constructor(private readonly fanout: Fanout) {}

  @Consumes('retention', cleared)
  async onCleared({ events, tx }: EventBatch<typeof cleared>): Promise<void> {
    const waiting = await waitingForAnswer(tx, events.map(({ data }) => data.dispatchId));
    const given = events.flatMap(({ data }) => (waiting.has(data.dispatchId) ? [] : [data])); // the others ask again when somebody has answered
    await this.fanout.cleared(tx, given);
    await this.goOn(tx, given.map(({ dispatchId }) => dispatchId));
  }

  @Consumes('retention', clearanceHeld)
  async onHeld({ events, tx }: EventBatch<typeof clearanceHeld>): Promise<void> {
    const dispatchIds = events.map(({ data }) => data.dispatchId);
    await this.fanout.heldBack(tx, dispatchIds);
    const rows = await tx.query<{ id: string; ref: string }>(
      `UPDATE request SET state = 'held' WHERE dispatch_ids && $1 AND state = ANY($2) RETURNING id, ref`,
      [dispatchIds, statesBefore('hold')],
    );
    await appendTimeline(tx, rows.map((row) => ({ requestId: row.id, kind: 'held', actor: 'heed', data: { reason: 'legal_hold' } })));
    for (const row of rows) tx.record({ kind: 'request.held', ref: row.ref, data: { requestId: row.id } });
    await this.releaseOvertaken(tx, events.map(({ data }) => data));
  }

  @Consumes('retention', holdReleased)
  async onReleased({ events, tx }: EventBatch<typeof holdReleased>): Promise<void> {
    await tx.query('INSERT INTO released_hold (hold_id, released_at) SELECT h, $2 FROM unnest($1::uuid[]) AS h ON CONFLICT DO NOTHING', [
      events.map(({ data }) => data.holdId),
      tx.clock.now(),
    ]);
    await this.release(tx, events.flatMap(({ data }) => [data.ref, ...data.aliases]));
  }

  /**
   * A hold on another ref of the same person travels in another partition: its release may be here before the answer it
   * ends. Then the answer is old and retention is asked again.
   */
  private async releaseOvertaken(tx: Tx, held: readonly { ref: string; holdIds: readonly string[] }[]): Promise<void> {
    const known = await tx.query<{ hold_id: string }>('SELECT hold_id FROM released_hold WHERE hold_id = ANY($1)', [held.flatMap((one) => one.holdIds)]);
    if (known.length === 0) return;
    const over = new Set(known.map((row) => row.hold_id));
    await this.release(tx, held.filter((one) => one.holdIds.every((id) => over.has(id))).map((one) => one.ref));
  }

  private async release(tx: Tx, refs: readonly string[]): Promise<void> {
    if (refs.length > 0) await this.goOn(tx, await this.fanout.released(tx, [...new Set(refs)]));
  }

  private async goOn(tx: Tx, dispatchIds: readonly string[]): Promise<void> {
    if (dispatchIds.length === 0) return;
    const rows = await tx.query<{ id: string; ref: string }>(
      `UPDATE request SET state = 'in_progress' WHERE dispatch_ids && $1 AND state = ANY($2) RETURNING id, ref`,
      [dispatchIds, statesBefore('release')],
    );
    await appendTimeline(tx, rows.map((row) => ({ requestId: row.id, kind: 'released', actor: 'heed' })));
    for (const row of rows) tx.record({ kind: 'request.released', ref: row.ref, data: { requestId: row.id } });
  }
}
