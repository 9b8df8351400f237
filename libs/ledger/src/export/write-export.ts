import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../checkpoint/checkpoint.js';
import { HASH_SIZE } from '../tree/hash.js';
import { tilePath, tilesOf } from '../tree/tile.js';
import type { TileId } from '../tree/tile.js';
import { PRUNED_KIND } from './files.js';
import type { ExportedRecord, KeptCheckpoint, PrunedFile } from './files.js';

/** A ledger as it can be asked for; it may grow meanwhile, the export ends where `checkpoint` does. */
export interface ExportSource {
  /** Its vkey, one line. */
  readonly key: string;
  readonly checkpoint: string;
  readonly pruned?: PrunedFile | undefined;
  checkpoints(): AsyncIterable<KeptCheckpoint>;
  /** In their order, from the first that was not pruned. */
  records(): AsyncIterable<ExportedRecord>;
  tile(tile: TileId): Promise<Buffer>;
}

export interface Written {
  /** How many records the ledger holds, the pruned ones counted. */
  readonly size: number;
  /** Up to where the records that were written say that it was pruned. */
  readonly loggedPruning: number;
}

/**
 * Writes a ledger into an empty folder. One that is pruned meanwhile lacks records of which `pruned` does not tell: whoever asks
 * a ledger in use compares before and after.
 */
export async function writeExport(folder: string, source: ExportSource, progress: (records: number, of: number) => void = () => undefined): Promise<Written> {
  let loggedPruning = 0;
  await mkdir(folder, { recursive: true });
  const { size } = readCheckpoint(source.checkpoint).checkpoint;
  await writeFile(path.join(folder, 'key'), `${source.key.trim()}\n`);
  if (source.pruned && source.pruned.upTo > 0) await writeFile(path.join(folder, 'pruned.json'), `${JSON.stringify(source.pruned)}\n`);
  await writeLines(path.join(folder, 'checkpoints.ndjson'), upTo(source.checkpoints(), ({ note }) => readCheckpoint(note).checkpoint.size <= size));
  await writeLines(
    path.join(folder, 'records.ndjson'),
    upTo(source.records(), (record) => {
      const { index, kind } = record;
      if (index % 1000 === 0) progress(index, size);
      if (kind === PRUNED_KIND && index < size && 'data' in record) loggedPruning = Math.max(loggedPruning, Number(record.data['upTo']) || 0);
      return index < size;
    }),
  );
  for (const tile of tilesOf(size)) {
    const file = path.join(folder, tilePath(tile));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, (await source.tile(tile)).subarray(0, tile.width * HASH_SIZE));
  }
  // Last, so that a folder with a checkpoint is a whole one.
  await writeFile(path.join(folder, 'checkpoint'), source.checkpoint);
  return { size, loggedPruning };
}

async function* upTo<T>(values: AsyncIterable<T>, belongs: (value: T) => boolean): AsyncGenerator<T> {
  for await (const value of values) {
    if (!belongs(value)) return;
    yield value;
  }
}

async function writeLines(file: string, values: AsyncIterable<unknown>): Promise<void> {
  const stream = createWriteStream(file);
  for await (const value of values) {
    if (!stream.write(`${JSON.stringify(value)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}
