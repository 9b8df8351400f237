import { EMPTY_ROOT, HASH_SIZE, nodeHash } from './hash.js';

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/**
 * Whether the leaf stands at that place of the tree with that root (RFC 9162 section 2.1.3.2). The root has to come from a
 * checkpoint, and the size with it: a proof alone binds neither.
 */
export function verifyInclusion({ index, size, leafHash, proof, root }: InclusionClaim): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || ![leafHash, root, ...proof].every(isHash)) return false;
  let [node, last] = [index, size - 1];
  let computed: Uint8Array = leafHash;
  for (const step of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      computed = nodeHash(step, computed);
      while (node % 2 === 0 && node > 0) [node, last] = [half(node), half(last)];
    } else {
      computed = nodeHash(computed, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && Buffer.compare(computed, root) === 0;
}

export interface ConsistencyClaim {
  readonly from: { readonly size: number; readonly root: Uint8Array };
  readonly to: { readonly size: number; readonly root: Uint8Array };
  readonly proof: readonly Uint8Array[];
}

/** Whether the longer tree only appended to the shorter one (RFC 9162 section 2.1.4.2). */
export function verifyConsistency({ from, to, proof }: ConsistencyClaim): boolean {
  if (!isCount(from.size) || !isCount(to.size) || from.size > to.size || ![from.root, to.root, ...proof].every(isHash)) return false;
  if (from.size === to.size) return proof.length === 0 && same(from.root, to.root);
  if (from.size === 0) return proof.length === 0 && same(from.root, EMPTY_ROOT);
  let [node, last] = [from.size - 1, to.size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // An old tree that is a subtree of the new one begins the path itself; its root is not repeated in the proof.
  const steps = node > 0 ? proof : [from.root, ...proof];
  let [older, newer]: [Uint8Array | undefined, Uint8Array | undefined] = [steps[0], steps[0]];
  if (!older || !newer) return false;
  for (const step of steps.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = nodeHash(step, older);
      newer = nodeHash(step, newer);
      while (node % 2 === 0 && node > 0) [node, last] = [half(node), half(last)];
    } else {
      newer = nodeHash(newer, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(older, from.root) && same(newer, to.root);
}

const half = (value: number): number => Math.floor(value / 2);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHash = (value: Uint8Array): boolean => value.length === HASH_SIZE;
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
