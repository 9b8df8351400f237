import { nodeHash } from './hash.js';
import { hashAt, TILE_HEIGHT, TILE_WIDTH } from './tile.js';
import type { ReadTile, TileId } from './tile.js';

/** A complete subtree: the node `index` of tree level `level`, over leaves `index * 2^level …`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** The complete subtrees that make up the leaves [from, to), largest first; `from` is a multiple of the largest. */
export function subtreesOf(from: number, to: number): Subtree[] {
  const found: Subtree[] = [];
  for (let start = from; start < to; ) {
    const level = Math.floor(Math.log2(to - start));
    found.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return found;
}

/** Reads the tiles that hold these subtrees in one go, and computes their hashes. */
export async function subtreeHashes(subtrees: readonly Subtree[], readTile: ReadTile): Promise<readonly Buffer[]> {
  const places = subtrees.map(placeOf);
  const wanted = new Map<string, TileId>();
  for (const { tile } of places) wanted.set(nameOf(tile), tile);
  const tiles = [...wanted.values()];
  const read = tiles.length > 0 ? await readTile(tiles) : [];
  const byName = new Map(tiles.map((tile, i) => [nameOf(tile), read[i] ?? Buffer.alloc(0)]));
  return places.map(({ tile, from, count }) => fold(byName.get(nameOf(tile)) ?? Buffer.alloc(0), from, count));
}

/** The hash over a range that these subtrees make up: RFC 6962's MTH, from the right. */
export function foldRight(hashes: readonly Buffer[]): Buffer {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

const nameOf = ({ level, index }: TileId): string => `${level}/${index}`;

function placeOf({ level, index }: Subtree): { tile: TileId; from: number; count: number } {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  return { tile: { level: tileLevel, index: Math.floor(first / TILE_WIDTH) }, from: first % TILE_WIDTH, count };
}

function fold(tile: Buffer, from: number, count: number): Buffer {
  let level: Buffer[] = [];
  for (let i = 0; i < count; i += 1) level.push(hashAt(tile, from + i));
  while (level.length > 1) level = level.flatMap((left, i) => (i % 2 === 0 ? [nodeHash(left, level[i + 1] ?? left)] : []));
  return level[0] ?? hashAt(tile, from);
}
