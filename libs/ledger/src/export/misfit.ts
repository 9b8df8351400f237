import { recordHash } from '../record/record.js';
import { exportedRecord } from './files.js';
import type { ExportedRecord } from './files.js';
import type { ExportFolder } from './export-folder.js';
import { fault } from './finding.js';
import type { LeafHashes } from './leaf-hashes.js';

interface Misfit {
  readonly folder: ExportFolder;
  readonly leaves: LeafHashes;
  /** The index of the file's first record. */
  readonly first: number;
  /** The place where a record stands that does not belong there. */
  readonly at: number;
  readonly record: ExportedRecord;
  readonly hash: Buffer;
  readonly previous: ExportedRecord | undefined;
}

/**
 * What was done to the file, from two questions: where does this record belong, and where is the one that belongs here?
 * Both are answered by looking through the whole export once.
 */
export async function explainMisfit({ folder, leaves, first, at, record, hash, previous }: Misfit): Promise<never> {
  const { id } = record;
  const belongs = await leaves.find(hash);
  if (at >= leaves.size && belongs === undefined) {
    return fault('record_inserted', `Record ${id} was inserted: it stands after the last of ${leaves.size} records.`, { index: at, id });
  }
  const stands = at < leaves.size ? await standsAt(folder, await leaves.at(at), at - first) : undefined;
  if (belongs !== undefined && belongs < at) {
    return fault('record_inserted', `Record ${id} stands at place ${at} once more; it belongs at ${belongs}.`, { index: at, id });
  }
  if (belongs !== undefined && stands === undefined) {
    const missing = belongs - at === 1 ? `Record ${at} is missing` : `Records ${at} to ${belongs - 1} are missing, or some of them`;
    const before = previous ? `after ${previous.id} ` : '';
    return fault('record_removed', `${missing}: ${before}the next in the file is ${id}, which is record ${belongs}.`, { index: at });
  }
  if (belongs !== undefined && stands !== undefined) {
    const message = `The order was changed: record ${id} stands at place ${at} and belongs at ${belongs}; ${stands.id} belongs at ${at}.`;
    return fault('record_moved', message, { index: at, id });
  }
  if (stands !== undefined) return fault('record_inserted', `Record ${id} was inserted at place ${at}: the ledger never had it.`, { index: at, id });
  return fault('record_changed', `Record ${id} at place ${at} was changed: it is not what the ledger has there.`, { index: at, id });
}

export function explainMissingEnd(at: number, size: number, previous: ExportedRecord | undefined): never {
  const missing = size - at === 1 ? `Record ${at} is missing` : `Records ${at} to ${size - 1} are missing`;
  return fault('record_removed', `${missing}: the file ends${previous ? ` after ${previous.id}` : ' before them'}.`, { index: at });
}

/** The record with this leaf hash, further down in the file. */
async function standsAt(folder: ExportFolder, hash: Buffer, after: number): Promise<ExportedRecord | undefined> {
  for await (const { text } of folder.records(after + 1)) {
    const parsed = exportedRecord.safeParse(parse(text));
    if (parsed.success && recordHash(parsed.data).equals(hash)) return parsed.data;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
