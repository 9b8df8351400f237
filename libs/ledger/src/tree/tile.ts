import { malformed } from '@heed/kernel';
import { HASH_SIZE } from './hash.js';

/** Levels of the tree that one tile spans, and the hashes it holds when it is full (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

/** Which tile: `level` counts tiles, not tree levels, so hash `i` of tile (1, n) stands over leaves `(n * 256 + i) * 256 …`. */
export interface TileId {
  readonly level: number;
  readonly index: number;
}

export interface Tile extends TileId {
  /** Up to 256 hashes of 32 bytes, one after the other. What is there never changes; a tile only grows. */
  readonly hashes: Buffer;
}

/** Reads tiles, in the order asked; a tile may hold more hashes than the tree of the size in question has. */
export type ReadTile = (tiles: readonly TileId[]) => Promise<readonly Buffer[]>;

/** How many hashes of a tile level a tree of this size has. */
export const hashesAt = (level: number, size: number): number => Math.floor(size / TILE_WIDTH ** level);

/** Every tile of a tree, level by level, with the number of hashes each holds. */
export function* tilesOf(size: number): Generator<TileId & { readonly width: number }> {
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index += 1) {
      yield { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
    }
  }
}

/**
 * Where a tile lies in the layout of C2SP tlog-tiles.
 * @example tilePath({ level: 0, index: 1_234_067, width: 17 }) === 'tile/0/x001/x234/067.p/17'
 */
export function tilePath({ level, index, width }: TileId & { readonly width: number }): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** @throws HeedError `tile_short` when the tile does not hold that many hashes. */
export function hashAt(tile: Buffer, position: number): Buffer {
  const start = position * HASH_SIZE;
  if (tile.length < start + HASH_SIZE) throw malformed('tile_short', 'A tile of the ledger holds fewer hashes than its size says.');
  return tile.subarray(start, start + HASH_SIZE);
}
