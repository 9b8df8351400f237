import type { Tx } from '@heed/persistence';

/** Something a certificate speaks of that the ledger has an entry of. */
export interface Act {
  /** The entry's kind. */
  readonly kind: string;
  /** What its data hold, e.g. `{ requestId: '…' }`. */
  readonly about: Readonly<Record<string, string | number>>;
  /** Whom it is about, where the data alone do not say which entry is meant. */
  readonly ref?: string;
  /** When it was recorded: a version 7 id begins with its time, so that entries are found by their primary key. */
  readonly at: Date;
  /** How much later than `at` the entry may have been made, in milliseconds. */
  readonly within?: number;
}

/** Enough for what is recorded in the transaction that took the time. */
const WITHIN_MS = 10_000;
/** A clock that is set right may go back a little between the act and its record. */
const BEFORE_MS = 50;

/** As it is kept beside a certificate. */
export interface KeptAct {
  readonly kind: string;
  readonly about: Readonly<Record<string, string | number>>;
  readonly ref: string | null;
  readonly from: string;
  readonly to: string;
}

export const keptAct = ({ kind, about, ref, at, within = WITHIN_MS }: Act): KeptAct => ({
  kind,
  about,
  ref: ref ?? null,
  from: lowestId(at.getTime() - BEFORE_MS),
  to: lowestId(at.getTime() + within),
});

/** The smallest version 7 id of a millisecond. */
function lowestId(ms: number): string {
  const time = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/**
 * The entries of acts, for each the first from its time on: what was recorded with the act is a few rows away, however much
 * the ledger grows meanwhile. An act whose entry is not there (it was pruned) is left out.
 */
export async function entriesOf(tx: Tx, acts: readonly KeptAct[]): Promise<readonly string[]> {
  if (acts.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `SELECT e.id FROM jsonb_to_recordset($1::jsonb) AS a(kind text, about jsonb, ref text, "from" uuid, "to" uuid),
       LATERAL (SELECT id FROM ledger_entry WHERE id >= a."from" AND id < a."to" AND kind = a.kind AND data @> a.about
                   AND (a.ref IS NULL OR subject_ref = a.ref) ORDER BY id LIMIT 1) AS e`,
    [JSON.stringify(acts)],
  );
  return [...new Set(rows.map(({ id }) => id))];
}

/** That the stores' answers were recorded, for a certificate about these dispatches. */
export async function acknowledgements(tx: Tx, dispatchIds: readonly string[]): Promise<readonly Act[]> {
  const rows = await tx.query<{ dispatch_id: string; data_store: string; state: string; rows: string; residue: string; acknowledged_at: Date }>(
    `SELECT dispatch_id, data_store, state, rows, residue, acknowledged_at FROM dispatch_target
      WHERE dispatch_id = ANY($1) AND evidence IS NOT NULL AND acknowledged_at IS NOT NULL ORDER BY acknowledged_at, data_store`,
    [dispatchIds],
  );
  return rows.map((row) => ({
    kind: 'target.acknowledged',
    about: { dispatchId: row.dispatch_id, dataStore: row.data_store, outcome: row.state, rows: Number(row.rows), residue: Number(row.residue) },
    at: row.acknowledged_at,
  }));
}
