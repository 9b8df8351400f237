import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';

/**
 * Wraps a key under another of Heed's own: `iv (12) | tag (16) | ciphertext`. Here as everywhere keys go to Node as key objects:
 * bytes take it three to nine times as long.
 * @param aad binds it to its place
 */
export function wrapUnder(outer: Buffer, key: Buffer, aad: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv(CIPHER, createSecretKey(outer), iv).setAAD(Buffer.from(aad));
  const body = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Throws when it was changed, belongs elsewhere, or was wrapped under another key. */
export function unwrapUnder(outer: Buffer, wrapped: Buffer, aad: string): Buffer {
  const decipher = createDecipheriv(CIPHER, createSecretKey(outer), wrapped.subarray(0, 12), { authTagLength: 16 }).setAAD(Buffer.from(aad));
  decipher.setAuthTag(wrapped.subarray(12, 28));
  return Buffer.concat([decipher.update(wrapped.subarray(28)), decipher.final()]);
}
