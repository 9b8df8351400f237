import { createHash, hash } from 'node:crypto';

/** RFC 6962 section 2.1: a leaf and an inner node can never have the same hash, because their inputs begin differently. */
const LEAF = Buffer.from([0x00]);
const NODE = Buffer.from([0x01]);

/** Bytes of a hash. */
export const HASH_SIZE = 32;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = createHash('sha256').digest();

export function leafHash(leaf: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, leaf]), 'buffer');
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right], 1 + 2 * HASH_SIZE), 'buffer');
}
