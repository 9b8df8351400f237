import { EMPTY_ROOT } from './hash.js';
import { foldRight, subtreeHashes, subtreesOf } from './subtree.js';
import type { ReadTile } from './tile.js';

/** The root of the tree's first `size` leaves. */
export async function rootAt(size: number, readTile: ReadTile): Promise<Buffer> {
  if (size === 0) return EMPTY_ROOT;
  return foldRight(await subtreeHashes(subtreesOf(0, size), readTile));
}
