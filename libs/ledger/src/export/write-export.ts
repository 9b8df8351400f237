import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../checkpoint/checkpoint.js';
import { HASH_SIZE } from '../tree/hash.js';
import { tilePath, tilesOf } from '../tree/tile.js';
import type { TileId } from '../tree/tile.js';
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

/** Writes a ledger into an empty folder. @returns how many records it holds, the pruned ones counted. */
export async function writeExport(folder: string, source: ExportSource, progress: (records: number, of: number) => void = () => undefined): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { size } = readCheckpoint(source.checkpoint).checkpoint;
  await writeFile(path.join(folder, 'key'), `${source.key.trim()}\n`);
  if (source.pruned && source.pruned.upTo > 0) await writeFile(path.join(folder, 'pruned.json'), `${JSON.stringify(source.pruned)}\n`);
  await writeLines(path.join(folder, 'checkpoints.ndjson'), upTo(source.checkpoints(), ({ note }) => readCheckpoint(note).checkpoint.size <= size));
  await writeLines(
    path.join(folder, 'records.ndjson'),
    upTo(source.records(), ({ index }) => {
      if (index % 1000 === 0) progress(index, size);
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
  return size;
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
