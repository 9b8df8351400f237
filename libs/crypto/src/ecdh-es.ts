import { createCipheriv, createDecipheriv, createPublicKey, createSecretKey, diffieHellman, hash, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** `ECDH-ES+A256KW` of RFC 7518 section 4.6 on X25519 (RFC 8037), natively: over WebCrypto it takes three times as long. */
export const KEY_ALGORITHM = 'ECDH-ES+A256KW';

/** RFC 3394's initial value. */
const WRAP_IV = Buffer.alloc(8, 0xa6);
const WRAP_CIPHER = 'id-aes256-wrap';

export interface EphemeralKey {
  readonly epk: { readonly kty: 'OKP'; readonly crv: 'X25519'; readonly x: string };
  readonly privateKey: KeyObject;
}

/** One for all recipients of a message, which NIST SP 800-56A (5.6.3.3) allows a broadcast; never for two messages. */
export function ephemeralKey(): EphemeralKey {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { epk: { kty: 'OKP', crv: 'X25519', x: String(publicKey.export({ format: 'jwk' }).x) }, privateKey };
}

export function wrapKey(contentKey: Buffer, from: EphemeralKey, to: KeyObject): string {
  const cipher = createCipheriv(WRAP_CIPHER, agreedKey(from.privateKey, to), WRAP_IV);
  return Buffer.concat([cipher.update(contentKey), cipher.final()]).toString('base64url');
}

/** Throws when the wrapped key was made for another key, or changed. */
export function unwrapKey(wrapped: string, epk: unknown, own: KeyObject): Buffer {
  const { x } = epk as { x: string };
  const sender = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const decipher = createDecipheriv(WRAP_CIPHER, agreedKey(own, sender), WRAP_IV);
  return Buffer.concat([decipher.update(Buffer.from(wrapped, 'base64url')), decipher.final()]);
}

/** The Concat KDF's one round: its number; the algorithm's name, no party's info, 256 bits. */
const ROUND = uint32(1);
const KDF_INFO = Buffer.concat([lengthAnd(KEY_ALGORITHM), lengthAnd(''), lengthAnd(''), uint32(256)]);

function agreedKey(privateKey: KeyObject, publicKey: KeyObject): KeyObject {
  const secret = diffieHellman({ privateKey, publicKey });
  return createSecretKey(hash('sha256', Buffer.concat([ROUND, secret, KDF_INFO]), 'buffer'));
}

function lengthAnd(text: string): Buffer {
  return Buffer.concat([uint32(text.length), Buffer.from(text)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
