import { targetsOpen } from '@heed/observability';
import type { Logger } from '@heed/observability';
import { isTenantClosed, lookAtDue, remind, tenantsWithReminders } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';
import { emptyReplayVault } from './replay-vault.js';
import { DEADLINES, ESCALATE_AFTER } from './work.js';

const OPEN = ['pending', 'held', 'refused', 'failed', 'overdue', 'escalated'];

/** Marks what has not been answered in time: nothing becomes overdue silently. Looks only where a time is over. */
export async function watchDeadlines(database: Database, unitOfWork: UnitOfWork, logger: Logger): Promise<void> {
  const look = (tenant: string): Promise<boolean> =>
    unitOfWork.run(tenant, async (tx) => {
      const late = await markLate(tx);
      for (const target of late) {
        tx.record({ kind: `target.${target.state}`, data: { dispatchId: target.dispatch_id, dataStore: target.data_store } });
        logger.warn({ tenant, dispatchId: target.dispatch_id, dataStore: target.data_store, state: target.state }, 'a store has not answered in time');
      }
      await tx.query(`UPDATE dispatch SET state = 'overdue' WHERE id = ANY($1) AND state = 'in_progress'`, [late.map((t) => t.dispatch_id)]);
      await remind(tx, ...(await nextLooks(tx, late)).map((time) => ({ work: DEADLINES, at: new Date(time) })));
      return false;
    });
  await lookAtDue(database, DEADLINES, look);
}

interface Late {
  readonly dispatch_id: string;
  readonly data_store: string;
  readonly state: string;
  readonly due_at: Date;
}

async function markLate(tx: Tx): Promise<readonly Late[]> {
  const now = tx.clock.now();
  const escalated = new Date(now.getTime() - ESCALATE_AFTER);
  const passed = await tx.query<{ id: string }>(
    `SELECT id FROM dispatch d WHERE due_at <= $1 AND state NOT IN ('done', 'cancelled')
        AND EXISTS (SELECT 1 FROM dispatch_target t WHERE t.dispatch_id = d.id AND (t.state = 'pending' OR (t.state = 'overdue' AND d.due_at <= $2)))
      ORDER BY id FOR NO KEY UPDATE`,
    [now, escalated],
  );
  if (passed.length === 0) return [];
  return tx.query<Late>(
    `UPDATE dispatch_target t SET state = CASE WHEN d.due_at <= $2 THEN 'escalated' ELSE 'overdue' END
       FROM dispatch d WHERE d.id = t.dispatch_id AND d.id = ANY($1) AND (t.state = 'pending' OR (t.state = 'overdue' AND d.due_at <= $2))
      RETURNING t.dispatch_id, t.data_store, t.state, d.due_at`,
    [passed.map((d) => d.id), escalated],
  );
}

/** When what was marked is escalated; while anything stays late, at least once a day. */
async function nextLooks(tx: Tx, late: readonly Late[]): Promise<readonly number[]> {
  const escalations = new Set(late.flatMap((t) => (t.state === 'overdue' ? [t.due_at.getTime() + ESCALATE_AFTER] : [])));
  if (escalations.size > 0) return [...escalations];
  const now = tx.clock.now();
  const [open] = await tx.query(`SELECT 1 FROM dispatch WHERE due_at <= $1 AND state NOT IN ('done', 'cancelled') LIMIT 1`, [now]);
  return open ? [now.getTime() + ESCALATE_AFTER] : [];
}

/** Counts what is open where something may be: a tenant with open targets has a reminder, or had some when last counted. */
export class OpenTargets {
  private readonly tenants = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async count(): Promise<void> {
    for (const tenant of new Set([...(await tenantsWithReminders(this.database, DEADLINES)), ...this.tenants])) {
      try {
        await this.countOf(tenant);
      } catch (error) {
        if (!isTenantClosed(error)) throw error;
        this.tenants.delete(tenant);
        for (const state of OPEN) targetsOpen.remove({ tenant, state });
      }
    }
  }

  private async countOf(tenant: string): Promise<void> {
    const open = await this.unitOfWork.run(tenant, (tx) =>
      tx.query<{ state: string; count: string }>(`SELECT state, count(*) FROM dispatch_target WHERE state IN ('${OPEN.join("', '")}') GROUP BY state`),
    );
    for (const state of OPEN) targetsOpen.set({ tenant, state }, Number(open.find((row) => row.state === state)?.count ?? 0));
    if (open.length > 0) this.tenants.add(tenant);
    else this.tenants.delete(tenant);
  }
}

/** What every owner of dispatches does again and again. */
export function fanoutJobs({ database, unitOfWork, logger }: { database: Database; unitOfWork: UnitOfWork; logger: Logger }): readonly Job[] {
  const targets = new OpenTargets(database, unitOfWork);
  return [
    { name: 'deadlines', everyMs: 5000, run: () => watchDeadlines(database, unitOfWork, logger) },
    { name: 'replay-vault', everyMs: 60_000, run: () => emptyReplayVault(database, unitOfWork) },
    { name: 'open-targets', everyMs: 15_000, run: () => targets.count() },
  ];
}
