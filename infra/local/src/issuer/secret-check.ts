import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isSecretOf } from './secret-hash.js';

/**
 * Checks secrets against their hashes. What was right once is known again by a keyed digest that lives in this process
 * only, so that a service that asks for a token every quarter of an hour does not pay for Argon2 each time; a wrong one always does.
 */
export class SecretCheck {
  private readonly key = randomBytes(32);
  private readonly right = new Map<string, Buffer>();

  async matches(hashed: string, secret: string): Promise<boolean> {
    const digest = createHmac('sha256', this.key).update(secret).digest();
    const known = this.right.get(hashed);
    if (known && timingSafeEqual(known, digest)) return true;
    if (!(await isSecretOf(hashed, secret))) return false;
    this.right.set(hashed, digest);
    return true;
  }
}
