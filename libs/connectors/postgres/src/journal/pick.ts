import { NO_TRAIL } from '@heed/connector-spi';
import type { Command, JournalEntry, JournalState, Selection, Trail } from '@heed/connector-spi';
import type { TableEvidence } from '@heed/contracts-fanout';
import type { Queryable } from '../sql.js';

interface JournalRow {
  readonly dispatch_id: string;
  readonly command_id: string;
  readonly kind: Command['kind'];
  readonly command: string;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly state: JournalState;
  readonly tables: string;
  readonly trail: string | null;
  readonly completed_at: Date | null;
}

const COLUMNS = 'j.dispatch_id, j.command_id, j.kind, j.command, j.correlation_id, j.traceparent, j.state, j.tables, j.trail, j.completed_at';

/** A command waits for every earlier unfinished one of the same person, whichever of their refs it names. */
const eligible = (s: string): string => `
  j.state IN ('received','erasing')
  AND NOT EXISTS (SELECT 1 FROM ${s}.journal e WHERE e.state IN ('received','erasing','erased')
                  AND e.ref = ANY (j.aliases || j.ref) AND e.position < j.position)
  AND NOT EXISTS (SELECT 1 FROM ${s}.journal e WHERE e.state IN ('received','erasing','erased') AND e.aliases <> '{}'
                  AND e.aliases && (j.aliases || j.ref) AND e.position < j.position)`;

export type PickWhat = Selection | { readonly work: 'large' };

/** Locks the rows until the end of the transaction; rows that another agent has locked are left to it. */
export async function pick(db: Queryable, s: string, what: PickWhat): Promise<readonly JournalEntry[]> {
  const [where, order, values] = condition(s, what);
  const rows = await db.query<JournalRow>(
    `SELECT ${COLUMNS} FROM ${s}.journal j WHERE j.command IS NOT NULL AND ${where} ORDER BY ${order} FOR UPDATE OF j SKIP LOCKED`,
    values,
  );
  return rows.map(toEntry);
}

function condition(s: string, what: PickWhat): [where: string, order: string, values: readonly unknown[]] {
  if ('these' in what) {
    const due = {
      commands: `j.state IN ('received','erasing')`,
      unverified: `j.state = 'erased'`,
      verify_again: `j.verify_again_at IS NOT NULL AND j.state IN ('verified','acknowledged')`,
    }[what.work];
    return [`j.dispatch_id = ANY ($1) AND ${due}`, 'j.position', [what.these]];
  }
  switch (what.work) {
    case 'large':
      return [`NOT j.urgent AND j.large AND ${eligible(s)}`, 'j.position LIMIT 1', []];
    case 'commands':
      return [`j.urgent = $1 AND NOT j.large AND ${eligible(s)}`, 'j.position LIMIT $2', [what.lane === 'urgent', what.limit]];
    case 'unverified':
      return [`j.state = 'erased'`, 'j.position LIMIT $1', [what.limit]];
    case 'verify_again':
      return [
        `j.verify_again_at <= $1 AND j.state IN ('verified','acknowledged')`,
        'j.verify_again_at LIMIT $2',
        [what.now, what.limit],
      ];
  }
}

function toEntry(row: JournalRow): JournalEntry {
  return {
    // The body was validated before it was stored.
    ...({ kind: row.kind, data: JSON.parse(row.command) } as Command),
    dispatchId: row.dispatch_id,
    commandId: row.command_id,
    cause: { correlationId: row.correlation_id, causationId: row.command_id, ...(row.traceparent ? { traceparent: row.traceparent } : {}) },
    state: row.state,
    tables: JSON.parse(row.tables) as TableEvidence[],
    trail: row.trail === null ? NO_TRAIL : (JSON.parse(row.trail) as Trail),
    completedAt: row.completed_at,
  };
}
