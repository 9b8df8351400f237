import { appendLeaves } from '@heed/ledger';
import type { Checkpoint, LedgerRecord, ReadTile } from '@heed/ledger';

/** One of the records that were told for a place. */
export interface Candidate {
  readonly record: LedgerRecord;
  readonly hash: Buffer;
  /** The parts that told it, by their numbers in the order in which they were told. */
  readonly parts: number[];
}

export interface SignedTree {
  readonly from: number;
  readonly signed: Checkpoint;
  readonly readTile: ReadTile;
}

/** A bound for who floods the topic: each try hashes the tree's new part once. */
const MAX_TRIES = 200;

interface Order {
  readonly newestFirst: boolean;
  /** Parts that are believed only where there is nothing else. */
  readonly without: readonly number[];
}

/**
 * Finds, of all records that were told for each place, those that were signed. The sequencer's own come first, as a rule:
 * what is forged afterwards is later. They come last where records that were told and never signed were left out by an
 * earlier recovery, and others got their places. Where neither leads to the root, parts are left out: one, then two.
 * @param places what was told, from the first missing place on
 * @returns one record per place, also beyond what was signed; undefined where nothing fits
 */
export async function chooseSigned(places: readonly (readonly Candidate[])[], tree: SignedTree): Promise<readonly LedgerRecord[] | undefined> {
  const signed = places.slice(0, tree.signed.size - tree.from);
  let tries = 0;
  for (const order of ordersOf(signed)) {
    if ((tries += 1) > MAX_TRIES) return undefined;
    const hashes = signed.map((told) => pick(told, order).hash);
    const { root } = await appendLeaves(tree.from, hashes, tree.readTile);
    if (root.equals(tree.signed.root)) return places.map((told) => pick(told, order).record);
  }
  return undefined;
}

function* ordersOf(places: readonly (readonly Candidate[])[]): Generator<Order> {
  const parts = [...new Set(places.flatMap((told) => (told.length > 1 ? told.flatMap((one) => one.parts) : [])))].sort((a, b) => a - b);
  const ways = parts.length === 0 ? [false] : [false, true];
  for (const newestFirst of ways) yield { newestFirst, without: [] };
  for (const newestFirst of ways) for (const part of parts) yield { newestFirst, without: [part] };
  for (const [i, one] of parts.entries()) for (const other of parts.slice(i + 1)) for (const newestFirst of ways) yield { newestFirst, without: [one, other] };
}

function pick(told: readonly Candidate[], { newestFirst, without }: Order): Candidate {
  const [first] = told;
  if (first === undefined) throw new Error('a place has no record');
  if (told.length === 1) return first;
  const rank = ({ parts }: Candidate): number => {
    const believed = parts.filter((part) => !without.includes(part));
    if (believed.length === 0) return Infinity;
    return newestFirst ? -Math.max(...believed) : Math.min(...believed);
  };
  return told.reduce((best, one) => (rank(one) < rank(best) ? one : best), first);
}
