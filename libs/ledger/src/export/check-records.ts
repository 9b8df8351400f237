import { parseStrictly } from '../record/parse-strictly.js';
import { recordHash } from '../record/record.js';
import type { ExportFolder, RecordLine } from './export-folder.js';
import { exportedRecord, PRUNED_KIND } from './files.js';
import type { ExportedRecord, PrunedFile } from './files.js';
import { fault } from './finding.js';
import type { LeafHashes } from './leaf-hashes.js';
import { explainMisfit, explainMissingEnd } from './misfit.js';
import type { Progress } from './verify-export.js';

export interface CheckedRecords {
  readonly verified: number;
  /** Of those, how many were exported without saying what and whom they are about. */
  readonly withheld: number;
  readonly pruned: number;
}

/** Holds every record against the leaf hash of its place: none changed, none missing, none too many, none elsewhere. */
export async function checkRecords(folder: ExportFolder, leaves: LeafHashes, pruned: PrunedFile | undefined, progress: Progress): Promise<CheckedRecords> {
  const first = pruned?.upTo ?? 0;
  if (first > leaves.size) fault('file_malformed', `pruned.json says that ${first} records were pruned; the ledger never had more than ${leaves.size}.`);
  let [at, withheld, loggedPruning] = [first, 0, 0];
  let previous: ExportedRecord | undefined;
  for await (const line of folder.records()) {
    const record = readRecord(line, at);
    const hash = recordHash(record);
    if (at >= leaves.size || !(await leaves.at(at)).equals(hash)) await explainMisfit({ folder, leaves, first, at, record, hash, previous });
    if (record.index !== at) fault('record_misnumbered', `Record ${record.id} stands at place ${at}, but calls itself ${record.index}.`, { index: at, id: record.id });
    if ('commitment' in record) withheld += 1;
    else if (record.kind === PRUNED_KIND) loggedPruning = Math.max(loggedPruning, prunedTo(record.data['upTo']));
    previous = record;
    at += 1;
    if (at % 10_000 === 0) progress('records', at, leaves.size);
  }
  if (at < leaves.size) explainMissingEnd(at, leaves.size, previous);
  if (first > loggedPruning) {
    const message = `${first} records are said to be pruned, but the ledger itself tells of ${loggedPruning === 0 ? 'no pruning' : `the first ${loggedPruning} only`}.`;
    fault('pruning_unlogged', message, { index: loggedPruning });
  }
  progress('records', at, leaves.size);
  return { verified: at - first, withheld, pruned: first };
}

const prunedTo = (upTo: unknown): number => (typeof upTo === 'number' ? upTo : 0);

export function readRecord({ text, position }: RecordLine, index: number): ExportedRecord {
  let value: unknown;
  try {
    value = parseStrictly(text);
  } catch {
    value = undefined;
  }
  const parsed = exportedRecord.safeParse(value);
  return parsed.success ? parsed.data : fault('record_malformed', `Line ${position + 1} of records.ndjson, where record ${index} should be, is no record.`, { index });
}
