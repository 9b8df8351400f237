import type { HeedError } from '@heed/kernel';
import { createHash } from 'node:crypto';

/** So long a refusal is repeated unasked. Short: the issuer's new key may make a good token of it. */
const KEPT_MS = 5_000;
const SIZE = 5_000;

interface Refused {
  /** The header's digest. */
  readonly name: string;
  readonly refusal: HeedError;
  readonly until: number;
}

/**
 * Tokens that were refused a moment ago: a program that does not notice that its token has expired costs no signature
 * check each time. Kept by digest, so that a flood of long ones fills no memory.
 */
export class RefusedTokens {
  private readonly refused = new Map<string, Refused>();

  find(authorization: string): Refused | undefined {
    if (this.refused.size === 0) return undefined;
    const found = this.refused.get(nameOf(authorization));
    return found && found.until > performance.now() ? found : undefined;
  }

  keep(authorization: string, refusal: HeedError): void {
    const name = nameOf(authorization);
    if (this.refused.size >= SIZE) this.refused.clear();
    this.refused.set(name, { name, refusal, until: performance.now() + KEPT_MS });
  }
}

const nameOf = (authorization: string): string => createHash('sha256').update(authorization).digest('base64url').slice(0, 22);
