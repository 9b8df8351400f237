import type { Clock } from '@heed/kernel';

/** So long the records of a tenant that is not here wait: its migration job may still be on its way. */
const GRACE_MS = 60_000;
/** After this the tenant is new again: a stray record of last week must not use up its grace. */
const FORGET_MS = 600_000;
/** More at once are no newly founded tenants, but made-up names. */
const MOST_WAITING = 100;

/** Tells a tenant that is just being created from one that is not served here. */
export class UnknownTenants {
  private readonly firstMet = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** True while its records should wait. */
  mayYetCome(tenant: string): boolean {
    const now = this.clock.now().getTime();
    for (const [known, since] of this.firstMet) if (now - since > FORGET_MS) this.firstMet.delete(known);
    const since = this.firstMet.get(tenant);
    if (since !== undefined) return now - since < GRACE_MS;
    if (this.firstMet.size >= MOST_WAITING) return false;
    this.firstMet.set(tenant, now);
    return true;
  }

  arrived(tenant: string): void {
    this.firstMet.delete(tenant);
  }
}
