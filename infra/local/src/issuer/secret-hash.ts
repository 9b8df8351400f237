import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** OWASP's first choice for passwords: Argon2id with 19 MiB, two passes, one lane. About 20 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const derive = promisify(argon2);

/** What of a secret may be written down: its Argon2id hash with salt and cost, in the usual form (`$argon2id$v=19$m=…`). */
export async function hashSecret(secret: string): Promise<string> {
  const nonce = randomBytes(16);
  const hash = await derive('argon2id', { message: secret, nonce, tagLength: 32, ...COST });
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(nonce)}$${unpadded(hash)}`;
}

/** Compares in constant time; false for what is no such hash. */
export async function isSecretOf(hashed: string, secret: string): Promise<boolean> {
  const [, memory, passes, parallelism, nonce, hash] = PHC.exec(hashed) ?? [];
  if (nonce === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const actual = await derive('argon2id', { message: secret, nonce: Buffer.from(nonce, 'base64'), tagLength: expected.length, ...cost });
  return timingSafeEqual(actual, expected);
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
