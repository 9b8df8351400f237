import { createHmac, createSecretKey } from 'node:crypto';

/** Keyed hash of normalised values: finds a row again, tells nothing. */
export interface BlindIndex {
  readonly epoch: number;
  of(type: string, value: string): Buffer;
}

export function blindIndex(epoch: number, key: Buffer): BlindIndex {
  const secret = createSecretKey(key);
  return { epoch, of: (type, value) => createHmac('sha256', secret).update(`${type}\0${value}`).digest() };
}
