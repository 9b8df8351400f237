import { malformed } from '@heed/kernel';
import { foldRight, subtreeHashes, subtreesOf } from './subtree.js';
import type { Subtree } from './subtree.js';
import type { ReadTile } from './tile.js';

/** A run of leaves, whose hash is one step of a proof. */
type Range = readonly [from: number, to: number];

/**
 * That the leaf at `index` is in the tree of `size` leaves (RFC 6962 section 2.1.1), from the leaf upwards.
 * @throws HeedError `index_outside` when the tree has no such leaf.
 */
export async function inclusionProof(index: number, size: number, readTile: ReadTile): Promise<readonly Buffer[]> {
  return (await inclusionProofs([index], size, readTile))[0] ?? [];
}

/** The proofs of several leaves in the same tree; reads each tile once. */
export async function inclusionProofs(indexes: readonly number[], size: number, readTile: ReadTile): Promise<readonly (readonly Buffer[])[]> {
  return hashRanges(indexes.map((index) => inclusionPath(index, size)), readTile);
}

/**
 * That the tree of `to` leaves begins with the tree of `from` leaves (RFC 6962 section 2.1.2).
 * @throws HeedError `index_outside` when `from` is greater than `to`.
 */
export async function consistencyProof(from: number, to: number, readTile: ReadTile): Promise<readonly Buffer[]> {
  if (!isCount(from) || !isCount(to) || from > to) throw outside();
  if (from === 0 || from === to) return [];
  return (await hashRanges([consistencyPath(from, to)], readTile))[0] ?? [];
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const outside = (): Error => malformed('index_outside', 'The ledger is not that long.');

function inclusionPath(index: number, size: number): Range[] {
  if (!isCount(index) || !isCount(size) || index >= size) throw outside();
  const path: Range[] = [];
  for (let [from, to] = [0, size]; to - from > 1; ) {
    const middle = from + split(to - from);
    path.unshift(index < middle ? [middle, to] : [from, middle]);
    if (index < middle) to = middle;
    else from = middle;
  }
  return path;
}

function consistencyPath(old: number, size: number): Range[] {
  const path: Range[] = [];
  let [from, to] = [0, size];
  while (to !== old) {
    const middle = from + split(to - from);
    path.unshift(old <= middle ? [middle, to] : [from, middle]);
    if (old <= middle) to = middle;
    else from = middle;
  }
  // The old root itself is known to whoever asks, unless the old tree is no subtree of the new one.
  if (from > 0) path.unshift([from, to]);
  return path;
}

/** The largest power of two below `leaves`. */
function split(leaves: number): number {
  return 2 ** Math.floor(Math.log2(leaves - 1 || 1));
}

async function hashRanges(paths: readonly (readonly Range[])[], readTile: ReadTile): Promise<readonly (readonly Buffer[])[]> {
  const parts = paths.map((path) => path.map(([from, to]) => subtreesOf(from, to)));
  const flat: Subtree[] = parts.flat(2);
  const hashes = await subtreeHashes(flat, readTile);
  let at = 0;
  return parts.map((path) => path.map((subtrees) => foldRight(hashes.slice(at, (at += subtrees.length)))));
}
