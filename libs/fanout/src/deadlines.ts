import { targetsOpen } from '@heed/observability';
import type { Logger } from '@heed/observability';
import type { Database, UnitOfWork } from '@heed/persistence';

/** How long a target may stay overdue before it is escalated to people, in milliseconds. */
const ESCALATE_AFTER = 86_400_000;

/** Marks what has not been answered in time, and counts what is open: nothing becomes overdue silently. */
export async function watchDeadlines(database: Database, unitOfWork: UnitOfWork, logger: Logger): Promise<void> {
  let failure: unknown;
  for (const tenant of await database.listTenants()) {
    await unitOfWork.run(tenant.id, async (tx) => {
      const now = tx.clock.now();
      const passed = await tx.query<{ id: string }>(
        `SELECT id FROM dispatch d WHERE due_at < $1 AND state NOT IN ('done', 'cancelled')
            AND EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND (t.state = 'pending' OR (t.state = 'overdue' AND d.due_at < $2)))
          ORDER BY id FOR NO KEY UPDATE`,
        [now, new Date(now.getTime() - ESCALATE_AFTER)],
      );
      const late = await tx.query<{ dispatch_id: string; data_store: string; state: string }>(
        `UPDATE dispatch_target t SET state = CASE WHEN d.due_at < $2 THEN 'escalated' ELSE 'overdue' END
           FROM dispatch d
          WHERE d.id = t.dispatch_id AND d.id = ANY($1) AND d.due_at < $3
            AND (t.state = 'pending' OR (t.state = 'overdue' AND d.due_at < $2))
          RETURNING t.dispatch_id, t.data_store, t.state`,
        [passed.map((d) => d.id), new Date(now.getTime() - ESCALATE_AFTER), now],
      );
      for (const target of late) {
        tx.record({ kind: `target.${target.state}`, data: { dispatchId: target.dispatch_id, dataStore: target.data_store } });
        logger.warn({ tenant: tx.tenant, dispatchId: target.dispatch_id, dataStore: target.data_store, state: target.state }, 'a store has not answered in time');
      }
      await tx.query(`UPDATE dispatch SET state = 'overdue' WHERE id = ANY($1) AND state = 'in_progress'`, [late.map((t) => t.dispatch_id)]);
      const open = await tx.query<{ state: string; count: string }>(
        `SELECT state, count(*) FROM dispatch_target WHERE state IN ('pending', 'held', 'refused', 'failed', 'overdue', 'escalated') GROUP BY state`,
      );
      for (const state of ['pending', 'held', 'refused', 'failed', 'overdue', 'escalated']) {
        targetsOpen.set({ tenant: tx.tenant, state }, Number(open.find((row) => row.state === state)?.count ?? 0));
      }
    }).catch((error: unknown) => (failure ??= error)); // one tenant's trouble holds up no other
  }
  if (failure) throw failure;
}
