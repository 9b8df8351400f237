import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { PolicyPack } from '../pack/pack.schema.js';

/**
 * The pack as RFC 8785 canonical JSON: what is stored, hashed and sent over the bus. The same pack gives the same text
 * whatever its YAML looked like; `parsePack` reads it back.
 */
export function canonicalPack(pack: PolicyPack): string {
  const text = canonicalize(pack);
  if (text === undefined) throw new Error('unreachable: a pack is always JSON');
  return text;
}

/**
 * The fingerprint of a pack's content: SHA-256, 64 hex digits. Comments, order of keys and layout do not matter.
 * @example packHash(pack) === packHash(parsedAgain) // true
 */
export function packHash(pack: PolicyPack): string {
  return createHash('sha256').update(canonicalPack(pack)).digest('hex');
}
