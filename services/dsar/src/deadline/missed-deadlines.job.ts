import type { Logger } from '@heed/observability';
import { Database, lookAtDue, remind, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { appendTimeline } from '../case/adapters/request.store.js';

/** What the watch is reminded of: a deadline of a case has come. */
const WORK = 'request-deadlines';

/** Has the watch look when each of these has come; one that was kept costs a look, no more. */
export async function remindOfDeadlines(tx: Tx, deadlines: readonly (Date | null | undefined)[]): Promise<void> {
  const times = new Set(deadlines.flatMap((deadline) => deadline?.getTime() ?? []));
  await remind(tx, ...[...times].map((time) => ({ work: WORK, at: new Date(time) })));
}

/** Says once, loudly, when a case was not acknowledged or not answered in time: no deadline passes silently. */
export async function watchRequests(database: Database, unitOfWork: UnitOfWork, logger: Logger): Promise<void> {
  const look = (tenant: string): Promise<boolean> =>
    unitOfWork.run(tenant, async (tx) => {
      const now = tx.clock.now();
      const unacknowledged = await tx.query<Missed>(
        `UPDATE request SET acknowledge_missed = $1 WHERE id IN (
           SELECT id FROM request WHERE acknowledge_by <= $1 AND acknowledged_at IS NULL AND acknowledge_missed IS NULL
              AND state NOT IN ('closed', 'refused') ORDER BY id FOR UPDATE)
         RETURNING id, acknowledge_by AS deadline, acknowledge_source AS source`,
        [now],
      );
      const unanswered = await tx.query<Missed>(
        `UPDATE request SET due_missed = $1 WHERE id IN (
           SELECT id FROM request WHERE due <= $1 AND due_missed IS NULL AND state NOT IN ('closed', 'refused') ORDER BY id FOR UPDATE)
         RETURNING id, due AS deadline, due_source AS source`,
        [now],
      );
      await tell(tx, logger, 'acknowledgement_overdue', unacknowledged);
      await tell(tx, logger, 'overdue', unanswered);
      return false;
    });
  await lookAtDue(database, WORK, look);
}

interface Missed {
  readonly id: string;
  readonly deadline: Date;
  readonly source: string | null;
}

async function tell(tx: Tx, logger: Logger, kind: string, missed: readonly Missed[]): Promise<void> {
  await appendTimeline(tx, missed.map((one) => ({ requestId: one.id, kind, actor: 'heed', data: { deadline: one.deadline, source: one.source } })));
  for (const { id, deadline, source } of missed) {
    tx.record({ kind: `request.${kind}`, data: { requestId: id, deadline, source } });
    tx.afterCommit(() => logger.warn({ tenant: tx.tenant, requestId: id, kind, promise: source }, 'a deadline of a case was missed'));
  }
}
