import { ledgerCheckpoint, ledgerSequenced, SEQUENCED_AT_ONCE } from '@heed/contracts-ledger';
import { failpoint, newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { appendLeaves, recordHash } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import type { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { originOf } from '../ledger-key.js';
import type { LedgerKey } from '../ledger-key.js';
import { recordOf } from '../tree/records.js';
import { lookedTo, place, tilesOfTenant } from '../tree/tree.store.js';
import type { LastPlaced } from '../tree/tree.store.js';
import { findNew, holdLedger, peek } from './new-entries.js';
import type { Position } from './new-entries.js';

/** A checkpoint at most so often: what verifiers compare is how far a ledger was, not every step of it. */
export const CHECKPOINT_EVERY_MS = 1000;
/** Below what one Kafka record holds. */
const EVENT_BYTES = 700_000;

/** What one turn came to. */
export interface Turn {
  readonly size: number;
  readonly root: Buffer;
  readonly placed: number;
  /** When there is something to do again: at once, or as soon as a checkpoint is due; undefined when all is done. */
  readonly againInMs: number | undefined;
}

export interface SequenceOptions {
  readonly key: LedgerKey;
  readonly outbox: Outbox;
  /** Told where the ledger stands before anything is added. @throws where it must not be added to */
  readonly check: (tenant: string, at: { readonly size: number; readonly root: Buffer }) => void;
  /** The turn before has left something: asking whether there is something to do would be a round trip too many. */
  readonly busy: boolean;
  /** How long a record waits for a transaction from before it that is still open, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Gives committed records their places and signs what came of it, all in this transaction: a sequencer that dies anywhere in
 * it has done nothing, and one that dies after it nothing twice.
 * @returns undefined while another sequencer holds this ledger
 */
export async function sequence(tx: Tx, options: SequenceOptions): Promise<Turn | undefined> {
  if (!options.busy) {
    const { idle, ...there } = await peek(tx);
    options.check(tx.tenant, there);
    if (idle) return { ...there, placed: 0, againInMs: undefined };
  }
  const at = await holdLedger(tx);
  if (!at) return undefined;
  options.check(tx.tenant, at);
  const found = await findNew(tx, at);
  failpoint('ledger.records-read');
  const records = found.entries.filter(({ index }) => index === null).map(recordOf);
  const grown = records.length === 0 ? await passOver(tx, at, found.next) : await grow(tx, at.size, records, found.next, options);
  const unsigned = await signIfDue(tx, at, grown, options);
  failpoint('ledger.before-commit');
  const againInMs = found.more ? 0 : found.waiting ? options.waitMs : unsigned;
  return { ...grown, placed: records.length, againInMs };
}

async function passOver(tx: Tx, at: Position, next: LastPlaced): Promise<{ size: number; root: Buffer }> {
  if (next.tx !== at.lastTx || next.id !== at.lastId || next.cluster !== at.cluster) await lookedTo(tx, next);
  return { size: at.size, root: at.root };
}

async function grow(tx: Tx, from: number, records: readonly LedgerRecord[], next: LastPlaced, { key, outbox }: SequenceOptions): Promise<{ size: number; root: Buffer }> {
  const { size, root, tiles } = await appendLeaves(from, records.map(recordHash), tilesOfTenant(tx));
  await place(tx, from, records.map(({ id }) => id), { size, root, tiles }, next);
  failpoint('ledger.records-placed');
  outbox.append(tellRecords(tx, key, from, records), tx);
  return { size, root };
}

/** @returns milliseconds until what is not signed yet may be */
async function signIfDue(tx: Tx, at: Position, { size, root }: { size: number; root: Buffer }, { key, outbox }: SequenceOptions): Promise<number | undefined> {
  if (size === at.signedSize) return undefined;
  const early = CHECKPOINT_EVERY_MS - at.sinceSigned;
  if (early > 0) return Math.min(early, CHECKPOINT_EVERY_MS); // a server's clock that was set back delays no checkpoint for longer
  const note = key.sign(tx.tenant, size, root);
  await tx.query(
    `WITH made AS (INSERT INTO ledger_checkpoint (size, root, note, made_at) VALUES ($1, $2, $3, $4))
     UPDATE ledger_head SET signed_size = $1, signed_at = clock_timestamp()`,
    [size, root, note, tx.clock.now()],
  );
  failpoint('ledger.signed');
  const origin = originOf(key.service, tx.tenant);
  const data = { origin, size, root: root.toString('base64'), note };
  outbox.append([newEvent(ledgerCheckpoint, { ...envelope(tx, key), data })], tx);
  return undefined;
}

/** As few events as they fit into. */
function tellRecords(tx: Tx, key: LedgerKey, from: number, records: readonly LedgerRecord[]): readonly NewEvent<unknown>[] {
  const origin = originOf(key.service, tx.tenant);
  const events: NewEvent<unknown>[] = [];
  let at = 0;
  while (at < records.length) {
    let bytes = 0;
    const rest = records.slice(at, at + SEQUENCED_AT_ONCE);
    const over = rest.findIndex((record, i) => (bytes += Buffer.byteLength(JSON.stringify(record))) > EVENT_BYTES && i > 0);
    const some = over < 0 ? rest : rest.slice(0, over);
    events.push(newEvent(ledgerSequenced, { ...envelope(tx, key), data: { origin, from: from + at, records: some } }));
    at += some.length;
  }
  return events;
}

const envelope = (tx: Tx, key: LedgerKey): { source: string; tenant: string; key: string; clock: Tx['clock'] } => ({
  source: `/heed/${key.service}`,
  tenant: tx.tenant,
  key: originOf(key.service, tx.tenant),
  clock: tx.clock,
});
