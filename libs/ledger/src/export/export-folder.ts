import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { HASH_SIZE } from '../tree/hash.js';
import { tilePath, TILE_WIDTH } from '../tree/tile.js';
import type { TileId } from '../tree/tile.js';
import { fault } from './finding.js';
import { keptCheckpoint, prunedFile } from './files.js';
import type { KeptCheckpoint, PrunedFile } from './files.js';

/** One line of records.ndjson: what it says, at which place of the file (counted from 0). */
export interface RecordLine {
  readonly position: number;
  readonly text: string;
}

/** An exported ledger on disk. Reads as it goes: memory does not grow with the ledger. */
export class ExportFolder {
  constructor(readonly root: string) {}

  async text(name: string): Promise<string> {
    return (await this.#read(name)).toString('utf8');
  }

  async checkpoints(): Promise<readonly KeptCheckpoint[]> {
    const lines = (await this.text('checkpoints.ndjson')).split('\n').filter((line) => line !== '');
    return lines.map((line, i) => {
      const parsed = keptCheckpoint.safeParse(json(line));
      return parsed.success ? parsed.data : fault('file_malformed', `checkpoints.ndjson is malformed in line ${i + 1}.`);
    });
  }

  /** Up to where records were pruned; nothing where none were. */
  async pruned(): Promise<PrunedFile | undefined> {
    const text = await readFile(path.join(this.root, 'pruned.json'), 'utf8').catch(ifMissing(undefined));
    if (text === undefined) return undefined;
    const parsed = prunedFile.safeParse(json(text));
    return parsed.success ? parsed.data : fault('file_malformed', 'pruned.json is malformed.');
  }

  /** A tile of a tree of `size` leaves, as many hashes as it must have. */
  async tile(tile: TileId & { readonly width: number }): Promise<Buffer> {
    const name = tilePath(tile);
    const bytes = await readFile(path.join(this.root, name)).catch(ifMissing(undefined));
    if (!bytes) return fault('tile_missing', `${name} is missing.`, { tile: name });
    const wrong = bytes.length === tile.width * HASH_SIZE ? undefined : `${name} holds ${bytes.length} bytes, not ${tile.width * HASH_SIZE}.`;
    return wrong === undefined ? bytes : fault('tile_changed', wrong, { tile: name, ...(tile.level === 0 ? { index: tile.index * TILE_WIDTH } : {}) });
  }

  async *records(from = 0): AsyncGenerator<RecordLine> {
    let position = 0;
    try {
      for await (const text of linesOf(path.join(this.root, 'records.ndjson'))) {
        if (position >= from) yield { position, text };
        position += 1;
      }
    } catch (error) {
      ifMissing(undefined)(error);
      fault('file_missing', 'records.ndjson is missing.');
    }
  }

  async #read(name: string): Promise<Buffer> {
    const bytes = await readFile(path.join(this.root, name)).catch(ifMissing(undefined));
    return bytes ?? fault('file_missing', `${name} is missing: this is no exported ledger, or not the whole of it.`);
  }
}

/** Lines end with a newline and nothing else: Node's readline would end one within a text that holds U+2028. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (end > start) yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return value;
    throw error;
  };
}
