import { HASH_SIZE, nodeHash } from './hash.js';
import { rootAt } from './root.js';
import { hashesAt, TILE_WIDTH } from './tile.js';
import type { ReadTile, Tile, TileId } from './tile.js';

export interface Appended {
  readonly size: number;
  readonly root: Buffer;
  /** The tiles that are new or have grown, whole. */
  readonly tiles: readonly Tile[];
}

/**
 * Appends leaf hashes to a tree of `size` leaves. Of what is stored it reads the unfinished tile of each level, nothing else.
 * @example const { size, root, tiles } = await appendLeaves(head.size, hashes, readTile)
 */
export async function appendLeaves(size: number, hashes: readonly Uint8Array[], readTile: ReadTile): Promise<Appended> {
  const edge = edgeOf(size);
  const read = edge.length > 0 ? await readTile(edge) : [];
  const known = new Map<string, Buffer>();
  for (const [i, tile] of edge.entries()) {
    const width = hashesAt(tile.level, size) % TILE_WIDTH;
    known.set(nameOf(tile), (read[i] ?? Buffer.alloc(0)).subarray(0, width * HASH_SIZE));
  }
  const changed: Tile[] = [];
  let added: readonly Uint8Array[] = hashes;
  for (let level = 0; added.length > 0; level += 1) {
    const grown = grow(level, hashesAt(level, size), added, known);
    changed.push(...grown.tiles);
    added = grown.finished;
  }
  for (const tile of changed) known.set(nameOf(tile), tile.hashes);
  const grownTo = size + hashes.length;
  const root = await rootAt(grownTo, (tiles) => Promise.resolve(tiles.map((tile) => known.get(nameOf(tile)) ?? Buffer.alloc(0))));
  return { size: grownTo, root, tiles: changed };
}

const nameOf = ({ level, index }: TileId): string => `${level}/${index}`;

/** The unfinished tile of every level. */
function edgeOf(size: number): TileId[] {
  const edge: TileId[] = [];
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    if (hashes % TILE_WIDTH > 0) edge.push({ level, index: Math.floor(hashes / TILE_WIDTH) });
  }
  return edge;
}

/** Adds hashes to one level; the roots of the tiles that became full go to the next. */
function grow(level: number, count: number, added: readonly Uint8Array[], known: ReadonlyMap<string, Buffer>): { tiles: Tile[]; finished: Buffer[] } {
  const tiles: Tile[] = [];
  const finished: Buffer[] = [];
  for (let at = 0; at < added.length; ) {
    const index = Math.floor((count + at) / TILE_WIDTH);
    const before = at === 0 && count % TILE_WIDTH > 0 ? (known.get(nameOf({ level, index })) ?? Buffer.alloc(0)) : Buffer.alloc(0);
    const room = TILE_WIDTH - before.length / HASH_SIZE;
    const hashes = Buffer.concat([before, ...added.slice(at, at + room)]);
    tiles.push({ level, index, hashes });
    if (hashes.length === TILE_WIDTH * HASH_SIZE) finished.push(tileRoot(hashes));
    at += room;
  }
  return { tiles, finished };
}

/** The hash over a full tile. */
export function tileRoot(hashes: Buffer): Buffer {
  let level: Buffer[] = [];
  for (let i = 0; i < hashes.length; i += HASH_SIZE) level.push(hashes.subarray(i, i + HASH_SIZE));
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(level[i] ?? hashes, level[i + 1] ?? hashes));
    level = above;
  }
  return level[0] ?? hashes;
}
