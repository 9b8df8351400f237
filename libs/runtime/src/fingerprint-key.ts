import { fileSecret } from '@heed/crypto';
import { randomBytes } from 'node:crypto';
import path from 'node:path';

/**
 * What a service makes fingerprints of calls under, made on the first start and the same for all instances. Who loses it is told
 * for seven days that a repeated call is another one (`idempotency_key_reused`), and takes decisions that were synced for new.
 */
export async function fingerprintKey(keysDir: string): Promise<Uint8Array> {
  const { key } = await fileSecret(path.join(keysDir, 'fingerprints.json'), () => ({ key: randomBytes(32).toString('base64url') }));
  return Buffer.from(key, 'base64url');
}
