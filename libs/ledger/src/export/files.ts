import { z } from 'zod';
import { ledgerRecord, withheldRecord } from '../record/record.js';

/**
 * The folder of an exported ledger: the layout of C2SP tlog-tiles (`checkpoint`, `tile/…`) and beside it
 * `key` (one vkey a line), `checkpoints.ndjson`, `records.ndjson` and, where records were pruned, `pruned.json`.
 */
export const keptCheckpoint = z.object({ note: z.string(), madeAt: z.string().optional() });
export type KeptCheckpoint = z.infer<typeof keptCheckpoint>;

/**
 * Records before `upTo` were pruned, because they were recorded before `before`; their leaf hashes stay. `by` is the promise
 * that says how long records are kept.
 */
export const prunedFile = z.object({ upTo: z.int().min(0), before: z.string().optional(), by: z.string().optional() });
export type PrunedFile = z.infer<typeof prunedFile>;

const index = z.int().min(0);

/** A line of records.ndjson. */
export const exportedRecord = z.union([ledgerRecord.extend({ index }), withheldRecord.extend({ index })]);
export type ExportedRecord = z.infer<typeof exportedRecord>;

/** The kind of the record by which a ledger says itself that it was pruned, with `data.upTo`. */
export const PRUNED_KIND = 'ledger.pruned';
