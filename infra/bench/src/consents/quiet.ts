import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsentCell } from './consent-cell.js';

const PATIENCE_MS = 180_000;
const ANSWER_EVERY_MS = 2_000;

/** What a decision still owes the rest: events to publish, dispatches to send, records to place in the ledger's tree. */
const WAITING = `SELECT (SELECT count(*) FROM heed.outbox) AS events,
  (SELECT count(*) FROM dispatch WHERE attempt = 0 AND send_at IS NOT NULL) AS dispatches,
  (SELECT count(*) FROM ledger_entry e, ledger_head h WHERE (e.written_by, e.id) > (h.last_tx, h.last_id)) AS entries`;

/** No agent runs beside the cell. What was sent and never answered would be sent again and again, soon more of it than is written anew. */
const ANSWERED = `WITH sent AS (
    UPDATE dispatch SET state = 'done', send_at = NULL, closed_at = now()
     WHERE id IN (SELECT id FROM dispatch WHERE send_at IS NOT NULL AND attempt > 0 FOR UPDATE SKIP LOCKED) RETURNING id)
  UPDATE dispatch_target SET state = 'done', acknowledged_at = now() WHERE dispatch_id IN (SELECT id FROM sent)`;

/** The stores have done what they were sent; written by the bench itself, so that it costs the service nothing. */
export async function storesAnswer(cell: ConsentCell): Promise<void> {
  await cell.sql(ANSWERED);
}

export interface Quiet {
  readonly seconds: number;
  /** What was still waiting when the patience was over; nothing as a rule. */
  readonly gaveUp?: string;
}

/** Waits until nothing is left over from what was written, because that would be carried out on the cores of the next figure. */
export async function quiet(cell: ConsentCell, patienceMs = PATIENCE_MS): Promise<Quiet> {
  const begin = performance.now();
  let answeredAt = -Infinity;
  for (;;) {
    if (performance.now() - answeredAt > ANSWER_EVERY_MS) {
      await storesAnswer(cell);
      answeredAt = performance.now();
    }
    const [row] = await cell.sql<{ events: string; dispatches: string; entries: string }>(WAITING);
    const seconds = (performance.now() - begin) / 1000;
    const { events = '0', dispatches = '0', entries = '0' } = row ?? {};
    if (Number(events) + Number(dispatches) + Number(entries) === 0) {
      await storesAnswer(cell);
      return { seconds };
    }
    if (seconds * 1000 > patienceMs) return { seconds, gaveUp: `${events} events, ${dispatches} dispatches and ${entries} ledger records were still waiting after ${Math.round(seconds)} s` };
    await sleep(250);
  }
}
