import { HASH_SIZE } from '../tree/hash.js';
import { TILE_WIDTH } from '../tree/tile.js';
import type { ExportFolder } from './export-folder.js';

/** The leaf hashes of an export, of which the checked tiles say the truth. Keeps one tile in memory. */
export class LeafHashes {
  #index = -1;
  #tile: Buffer = Buffer.alloc(0);

  constructor(
    private readonly folder: ExportFolder,
    readonly size: number,
  ) {}

  async at(leaf: number): Promise<Buffer> {
    const index = Math.floor(leaf / TILE_WIDTH);
    if (index !== this.#index) {
      this.#tile = await this.#read(index);
      this.#index = index;
    }
    const start = (leaf % TILE_WIDTH) * HASH_SIZE;
    return this.#tile.subarray(start, start + HASH_SIZE);
  }

  /** Where this hash stands; looks through all tiles, so it is for the one record that does not fit. */
  async find(hash: Buffer): Promise<number | undefined> {
    for (let index = 0; index * TILE_WIDTH < this.size; index += 1) {
      const tile = await this.#read(index);
      for (let i = 0; i < tile.length; i += HASH_SIZE) {
        if (hash.equals(tile.subarray(i, i + HASH_SIZE))) return index * TILE_WIDTH + i / HASH_SIZE;
      }
    }
    return undefined;
  }

  #read(index: number): Promise<Buffer> {
    return this.folder.tile({ level: 0, index, width: Math.min(TILE_WIDTH, this.size - index * TILE_WIDTH) });
  }
}
