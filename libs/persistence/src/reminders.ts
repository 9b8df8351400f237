import { uuidv7 } from '@heed/kernel';
import type { Database } from './database.js';
import { isTenantClosed } from './unit-of-work.js';
import type { Tx } from './unit-of-work.js';

/** What a job is asked to look at: its name, and when. */
export interface Reminder {
  readonly work: string;
  readonly at: Date;
}

/** Reminders of one tenant that one look answers. */
const LOOK = 1000;

/**
 * Asks jobs of this service to look at the tenant then; committed with the transaction. One too many does no harm.
 * @example await remind(tx, { work: 'mail', at: tx.clock.now() })
 */
export async function remind(tx: Tx, ...reminders: readonly Reminder[]): Promise<void> {
  if (reminders.length === 0) return;
  await tx.query(
    'INSERT INTO heed.reminder (id, work, tenant, due_at) SELECT i, w, $1, t FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS r(i, w, t)',
    [tx.tenant, reminders.map(() => uuidv7(tx.clock.now())), reminders.map((r) => r.work), reminders.map((r) => r.at)],
  );
}

/**
 * Looks at every tenant with a reminder that is due. Those are forgotten when the look has succeeded and left nothing to
 * do at once; one tenant's trouble holds up no other, and is thrown when all have had their turn.
 * @param look answers whether there is more to do
 * @returns whether there is more to do in any of them
 */
export async function lookAtDue(database: Database, work: string, look: (tenant: string) => Promise<boolean>): Promise<boolean> {
  const due = await database.query<{ tenant: string; ids: string[] }>(
    `SELECT t.id AS tenant, r.ids FROM heed.tenant t, LATERAL (
       SELECT array_agg(id) AS ids FROM (SELECT id FROM heed.reminder WHERE work = $1 AND tenant = t.id AND due_at <= $2 LIMIT ${LOOK}) AS due) AS r
      WHERE t.state IN ('active', 'closing') AND r.ids IS NOT NULL`,
    [work, database.clock.now()],
  );
  let more = false;
  let failure: unknown;
  for (const { tenant, ids } of due) {
    try {
      if (await look(tenant)) more = true;
      else await database.query('DELETE FROM heed.reminder WHERE id = ANY($1)', [ids]);
    } catch (error) {
      if (!isTenantClosed(error)) failure ??= error;
    }
  }
  if (failure) throw failure;
  return more || due.some(({ ids }) => ids.length === LOOK);
}

/** The tenants that have a reminder, due or not yet. */
export async function tenantsWithReminders(database: Database, work: string): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM heed.tenant t WHERE state IN ('active', 'closing') AND EXISTS (SELECT 1 FROM heed.reminder r WHERE r.work = $1 AND r.tenant = t.id)`,
    [work],
  );
  return rows.map((row) => row.id);
}
