import type { SecureVersion } from 'node:tls';
import { secureVersion, strictest } from './tls-version.js';
import type { TlsVersion } from './tls-version.js';

/**
 * The oldest TLS version that this process speaks: what the operator set, or what the strictest active policy promises,
 * whichever is newer. It changes while the process runs: a policy that becomes active counts from then on.
 */
export class TlsFloor {
  private policies: TlsVersion = '1.2';
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly operator: TlsVersion) {}

  get current(): TlsVersion {
    return strictest(this.operator, this.policies);
  }

  /** For options of node:tls. */
  get minVersion(): SecureVersion {
    return secureVersion(this.current);
  }

  /** No policy can ask for more. */
  get settled(): boolean {
    return this.operator === '1.3';
  }

  /** Takes over what the active policies ask for; undefined where none does. */
  follow(policies: TlsVersion | undefined): void {
    const before = this.current;
    this.policies = policies ?? '1.2';
    if (this.current !== before) for (const listener of this.listeners) listener();
  }

  /** Called after every change, by what has to be told: a listener, whose context is made once. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }
}
