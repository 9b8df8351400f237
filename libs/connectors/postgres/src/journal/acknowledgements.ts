import type { Settlement, Unsent, UnsentEntry } from '@heed/connector-spi';
import type { TableEvidence } from '@heed/contracts-fanout';
import type { Queryable } from '../sql.js';

interface UnsentRow {
  readonly dispatch_id: string;
  readonly command_id: string;
  readonly owner: UnsentEntry['owner'];
  readonly ref: string;
  readonly version: string;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly tables: string;
  readonly outcome: Settlement['outcome'];
  readonly assurance: Settlement['assurance'];
  readonly reason: string | null;
  readonly already_erased: boolean;
  readonly completed_at: Date;
  readonly acknowledgement: string | null;
  readonly head: string;
}

export async function unsent(db: Queryable, s: string, limit: number): Promise<Unsent> {
  const rows = await db.query<UnsentRow>(
    `SELECT j.dispatch_id, j.command_id, j.owner, j.ref, j.version, j.correlation_id, j.traceparent, j.tables, j.outcome, j.assurance, j.reason,
            j.already_erased, j.completed_at, j.acknowledgement, h.position AS head
     FROM ${s}.journal j CROSS JOIN ${s}.journal_head h
     WHERE j.state IN ('verified','settled') ORDER BY j.journal_position LIMIT $1`,
    [limit],
  );
  return { entries: rows.map(toEntry), journalPosition: Number(rows[0]?.head ?? 0) };
}

export async function keepAcknowledgements(
  db: Queryable,
  s: string,
  signed: readonly { readonly dispatchId: string; readonly acknowledgement: string }[],
): Promise<void> {
  if (signed.length === 0) return;
  await db.query(
    `UPDATE ${s}.journal j SET acknowledgement = u.acknowledgement FROM unnest($1::text[], $2::text[]) AS u(dispatch_id, acknowledgement)
     WHERE j.dispatch_id = u.dispatch_id AND j.state IN ('verified','settled')`,
    [signed.map((a) => a.dispatchId), signed.map((a) => a.acknowledgement)],
  );
}

export async function markAcknowledged(
  db: Queryable,
  s: string,
  sent: readonly { readonly dispatchId: string; readonly acknowledgement: string }[],
): Promise<void> {
  if (sent.length === 0) return;
  await db.query(
    `UPDATE ${s}.journal j SET state = 'acknowledged' FROM unnest($1::text[], $2::text[]) AS u(dispatch_id, acknowledgement)
     WHERE j.dispatch_id = u.dispatch_id AND j.state IN ('verified','settled') AND j.acknowledgement = u.acknowledgement`,
    [sent.map((a) => a.dispatchId), sent.map((a) => a.acknowledgement)],
  );
}

function toEntry(row: UnsentRow): UnsentEntry {
  return {
    dispatchId: row.dispatch_id,
    commandId: row.command_id,
    owner: row.owner,
    ref: row.ref,
    version: Number(row.version),
    cause: { correlationId: row.correlation_id, causationId: row.command_id, ...(row.traceparent ? { traceparent: row.traceparent } : {}) },
    settlement: {
      outcome: row.outcome,
      assurance: row.assurance,
      tables: JSON.parse(row.tables) as TableEvidence[],
      reason: row.reason,
      alreadyErased: row.already_erased,
    },
    completedAt: row.completed_at,
    acknowledgement: row.acknowledgement,
  };
}
