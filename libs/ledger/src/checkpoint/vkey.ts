import { malformed } from '@heed/kernel';
import { createHash } from 'node:crypto';

/** The public half of a ledger's key, as C2SP signed notes write it. */
export interface Vkey {
  /** The name of the key, which is the ledger's origin. */
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key). */
  readonly id: Buffer;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Buffer;
}

/** The signature type of Ed25519 in signed notes. */
const ED25519 = 0x01;

/**
 * The line that tells a verifier which key to trust for which ledger.
 * @param publicKey the JWK's `x`, or the 32 bytes
 * @example vkeyOf('heed/consent/ajuni', key.x) // heed/consent/ajuni+1a2b3c4d+AbCd…
 */
export function vkeyOf(origin: string, publicKey: string | Uint8Array): string {
  const bytes = typeof publicKey === 'string' ? Buffer.from(publicKey, 'base64url') : Buffer.from(publicKey);
  return `${origin}+${keyId(origin, bytes).toString('hex')}+${typed(bytes).toString('base64')}`;
}

/** @throws HeedError `vkey_malformed`. */
export function parseVkey(text: string): Vkey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  const bytes = Buffer.from(match?.[3] ?? '', 'base64');
  if (!match?.[1] || bytes.length !== 33 || bytes[0] !== ED25519) throw bad('A ledger’s key is one line: name+id+key, of type Ed25519.');
  const publicKey = bytes.subarray(1);
  const id = keyId(match[1], publicKey);
  if (id.toString('hex') !== match[2]) throw bad('The id in the ledger’s key does not belong to that name and key.');
  return { name: match[1], id, publicKey };
}

export function keyId(name: string, publicKey: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(typed(publicKey)).digest().subarray(0, 4);
}

const typed = (publicKey: Buffer): Buffer => Buffer.concat([Buffer.from([ED25519]), publicKey]);
const bad = (detail: string): Error => malformed('vkey_malformed', detail);
