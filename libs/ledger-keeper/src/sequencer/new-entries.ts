import { NIL_UUID } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { ENTRY } from '../tree/records.js';
import type { EntryRow } from '../tree/records.js';
import type { LastPlaced } from '../tree/tree.store.js';

/** Records that get their places in one transaction: a backlog waits on round trips, not on hashes. */
export const BATCH = 2000;

/** What the sequencer knows of where it stopped, read while it holds the ledger. */
export interface Position {
  readonly size: number;
  readonly root: Buffer;
  readonly signedSize: number;
  /** Milliseconds, by the server's clock. */
  readonly sinceSigned: number;
  readonly lastTx: string;
  readonly lastId: string;
  readonly cluster: string;
  /** Of this server: its identity, the oldest transaction that still runs, and the next one to begin. */
  readonly here: { readonly cluster: string; readonly oldest: string; readonly next: string };
}

/** A record and its place if it has one. */
export type FoundEntry = EntryRow & { readonly written_by: string; readonly index: string | null };

export interface Found {
  readonly entries: readonly FoundEntry[];
  /** Where the next search begins. */
  readonly next: LastPlaced;
  /** There may be more at once. */
  readonly more: boolean;
  /** Records are there whose turn has not come: a transaction from before them is still open. */
  readonly waiting: boolean;
}

/**
 * How far the ledger is, and whether there seems to be nothing to do: asked without holding it, so that idle ones cost no write.
 * The order is for the planner: of a mere EXISTS it expects a match soon, and where there is none it would read all records ever made.
 */
export async function peek(tx: Tx): Promise<{ readonly size: number; readonly root: Buffer; readonly idle: boolean }> {
  const [row] = await tx.query<{ size: string; root: Buffer; idle: boolean }>(
    `SELECT h.size, h.root, h.size = h.signed_size AND h.cluster IN ('', c.system_identifier::text)
              AND (SELECT e.id FROM ledger_entry e WHERE (e.written_by, e.id) > (h.last_tx, h.last_id) ORDER BY e.written_by, e.id LIMIT 1) IS NULL AS idle
       FROM ledger_head h, pg_control_system() c`,
  );
  if (!row) throw new Error(`the ledger of ${tx.tenant} has no head`);
  return { ...row, size: Number(row.size) };
}

/** The ledger for this transaction alone; undefined while another sequencer holds it. */
export async function holdLedger(tx: Tx): Promise<Position | undefined> {
  const [row] = await tx.query<Record<'size' | 'signed_size' | 'last_tx' | 'last_id' | 'cluster' | 'identity' | 'oldest' | 'next', string> & { root: Buffer; since: number }>(
    `SELECT h.size, h.root, h.signed_size, h.last_tx, h.last_id, h.cluster, extract(epoch FROM clock_timestamp() - h.signed_at)::float8 * 1000 AS since,
            c.system_identifier::text AS identity, pg_snapshot_xmin(s) AS oldest, pg_snapshot_xmax(s) AS next
       FROM ledger_head h, pg_control_system() c, pg_current_snapshot() s FOR UPDATE OF h SKIP LOCKED`,
  );
  if (!row) return undefined;
  return {
    size: Number(row.size), root: row.root, signedSize: Number(row.signed_size), sinceSigned: row.since, lastTx: row.last_tx, lastId: row.last_id,
    cluster: row.cluster, here: { cluster: row.identity, oldest: row.oldest, next: row.next },
  };
}

/**
 * What was committed and has no place yet, in the order of its transactions. Numbers are given to transactions when they
 * begin to write, and they commit in any order: so only those below the oldest that still runs are read, all of which have
 * ended, and nothing can appear before what was read.
 */
export async function findNew(tx: Tx, at: Position): Promise<Found> {
  if (await isFromElsewhere(tx, at)) return findMisplaced(tx, at);
  const entries = await tx.query<FoundEntry>(
    `SELECT ${ENTRY}, e.written_by, (SELECT l.index FROM ledger_leaf l WHERE l.entry_id = e.id) AS index FROM ledger_entry e
      WHERE (e.written_by, e.id) > ($1::xid8, $2::uuid) AND e.written_by < $3::xid8 ORDER BY e.written_by, e.id LIMIT ${BATCH}`,
    [at.lastTx, at.lastId, at.here.oldest],
  );
  const last = entries.at(-1);
  const more = entries.length === BATCH;
  const next = { tx: last?.written_by ?? at.lastTx, id: last?.id ?? at.lastId, cluster: at.here.cluster };
  return { entries, next, more, waiting: !more && (await areThere(tx, at.here.oldest, at.here.next)) };
}

const LAST_TX = '18446744073709551615';

/** Whether a record was written by a transaction of these numbers. */
async function areThere(tx: Tx, from: string, to: string): Promise<boolean> {
  const [row] = await tx.query<{ found: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE written_by >= $1::xid8 AND written_by < $2::xid8) AS found',
    [from, to],
  );
  return row?.found === true;
}

/** A dump that was read into another server: the numbers in it are that other server's. */
async function isFromElsewhere(tx: Tx, { cluster, here }: Position): Promise<boolean> {
  if (cluster !== '') return cluster !== here.cluster;
  return areThere(tx, here.next, LAST_TX); // from before the first record had a place, with numbers that this server has not reached
}

/** Numbers of two servers say nothing about each other: whatever has no place is looked for, once. */
async function findMisplaced(tx: Tx, at: Position): Promise<Found> {
  const entries = await tx.query<FoundEntry>(
    `SELECT ${ENTRY}, e.written_by, NULL AS index FROM ledger_entry e
      WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.recorded_at, e.id LIMIT ${BATCH}`,
  );
  const more = entries.length === BATCH;
  const next = more ? { tx: at.lastTx, id: at.lastId, cluster: at.cluster } : { tx: at.here.oldest, id: NIL_UUID, cluster: at.here.cluster };
  return { entries, next, more, waiting: true };
}
