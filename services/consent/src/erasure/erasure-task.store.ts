import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';

/** What the job is reminded of. */
export const ERASURES = 'person-erasures';
/** A person who is told nothing within a day of the closing is forgotten all the same: a mail server must not keep them here. */
export const LATEST_MS = 86_400_000;
export const BATCH = 100;

export interface ErasureTask {
  readonly request_id: string;
  readonly ref: string;
  readonly aliases: string[];
  readonly as_of: Date;
}

export interface CompletedErasure {
  readonly requestId: string;
  readonly ref: string;
  readonly aliases: readonly string[];
  readonly asOf: string;
  readonly closedAt: string;
}

/** A case that is told twice is one task; one whose mail is done already is due at once. */
export async function keepTasks(tx: Tx, completed: readonly CompletedErasure[]): Promise<void> {
  const now = tx.clock.now();
  const rows = await tx.query<{ due_at: Date }>(
    `INSERT INTO erasure_task AS t (request_id, ref, aliases, as_of, closed_at, due_at)
     SELECT "requestId", ref, aliases, "asOf", "closedAt", "closedAt" + $2 * interval '1 millisecond'
       FROM jsonb_to_recordset($1::jsonb) AS c("requestId" uuid, ref text, aliases text[], "asOf" timestamptz, "closedAt" timestamptz)
     ON CONFLICT (request_id) DO UPDATE SET ref = excluded.ref, aliases = excluded.aliases, as_of = excluded.as_of, closed_at = excluded.closed_at,
       due_at = CASE WHEN t.told_at IS NULL THEN excluded.due_at ELSE $3 END
      WHERE t.ref IS NULL RETURNING due_at`,
    [JSON.stringify(completed), LATEST_MS, now],
  );
  await remindOf(tx, rows.map((row) => row.due_at));
}

/** The person has been told, or cannot be: nothing is left for which their address is needed. */
export async function markTold(tx: Tx, requestIds: readonly string[]): Promise<void> {
  const now = tx.clock.now();
  const rows = await tx.query<{ waiting: boolean }>(
    `INSERT INTO erasure_task AS t (request_id, told_at) SELECT DISTINCT r, $2::timestamptz FROM unnest($1::uuid[]) AS r
     ON CONFLICT (request_id) DO UPDATE SET told_at = excluded.told_at, due_at = CASE WHEN t.due_at IS NULL THEN NULL ELSE LEAST(t.due_at, $2) END
      WHERE t.told_at IS NULL RETURNING ref IS NOT NULL AND state = 'waiting' AS waiting`,
    [requestIds, now],
  );
  if (rows.some((row) => row.waiting)) await remindOf(tx, [now]);
}

/** Due tasks that nobody else is at, or just one of them. */
export async function dueTasks(tx: Tx, only?: string): Promise<readonly ErasureTask[]> {
  return tx.query<ErasureTask>(
    `SELECT request_id, ref, aliases, as_of FROM erasure_task WHERE state = 'waiting' AND ref IS NOT NULL AND due_at <= $1 AND ($2::uuid IS NULL OR request_id = $2)
      ORDER BY due_at, request_id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    [tx.clock.now(), only ?? null],
  );
}

export async function putOff(tx: Tx, requestId: string, until: Date): Promise<void> {
  await tx.query(`UPDATE erasure_task SET due_at = $2 WHERE request_id = $1 AND state = 'waiting'`, [requestId, until]);
  await remindOf(tx, [until]);
}

export async function finish(tx: Tx, state: 'held' | 'erased' | 'kept', tasks: readonly ErasureTask[]): Promise<void> {
  if (tasks.length === 0) return;
  await tx.query('UPDATE erasure_task SET state = $2, finished_at = $3 WHERE request_id = ANY($1)', [
    tasks.map((task) => task.request_id),
    state,
    state === 'held' ? null : tx.clock.now(),
  ]);
}

interface PlacedHold {
  readonly holdId: string;
  readonly ref: string;
  readonly aliases: readonly string[];
}

/** A hold protects the person under every ref of theirs, whichever an erasure is about. */
export async function placeHolds(tx: Tx, holds: readonly PlacedHold[]): Promise<void> {
  const rows = holds.flatMap(({ holdId, ref, aliases }) => [ref, ...aliases].map((one) => ({ holdId, ref: one })));
  await tx.query('INSERT INTO person_hold (hold_id, ref) SELECT h, r FROM unnest($1::uuid[], $2::text[]) AS u(h, r) ON CONFLICT DO NOTHING', [
    rows.map((row) => row.holdId),
    rows.map((row) => row.ref),
  ]);
}

/** What a hold kept from being forgotten is looked at again. */
export async function releaseHolds(tx: Tx, holdIds: readonly string[]): Promise<void> {
  await tx.query('DELETE FROM person_hold WHERE hold_id = ANY($1)', [holdIds]);
  const now = tx.clock.now();
  const rows = await tx.query(
    `UPDATE erasure_task t SET state = 'waiting', due_at = $1
      WHERE state = 'held' AND NOT EXISTS (SELECT 1 FROM person_hold h WHERE h.ref = t.ref OR h.ref = ANY(t.aliases)) RETURNING 1 AS one`,
    [now],
  );
  if (rows.length > 0) await remindOf(tx, [now]);
}

export async function heldRefs(tx: Tx, refs: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ ref: string }>('SELECT ref FROM person_hold WHERE ref = ANY($1)', [refs]);
  return new Set(rows.map((row) => row.ref));
}

/** Asks the job to look at this tenant then. */
export async function remindOf(tx: Tx, times: readonly Date[]): Promise<void> {
  const distinct = new Set(times.map((time) => time.getTime()));
  await remind(tx, ...[...distinct].map((time) => ({ work: ERASURES, at: new Date(time) })));
}
