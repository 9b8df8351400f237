import { isHeedError } from '@heed/kernel';
import { asKeysUnavailable } from '../keys-unavailable.js';
import { loadRing } from './load-ring.js';
import type { RingSource } from './load-ring.js';
import type { TenantRing } from './tenant-ring.js';

export interface RingOptions extends RingSource {
  /** How long a ring serves on the provider's last word. */
  readonly cacheMs: number;
  /** Refuses a tenant whose policy promises more than the provider can prove; throws. */
  readonly admit?: (tenant: string) => Promise<void>;
}

/** A provider that kept a caller waiting for this long in vain is asked again only after as long: who waits holds a transaction. */
const SLOW_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** The rings of all tenants, each renewed with the provider before its time is over, so that a call seldom waits for one. */
export class KeyRings {
  private readonly rings = new Map<string, TenantRing>();
  private readonly loading = new Map<string, Promise<TenantRing>>();
  private readonly failed = new Map<string, { readonly error: unknown; readonly until: number }>();

  constructor(private readonly options: RingOptions) {}

  /** @throws HeedError `keys_unavailable` where the provider has been away for longer than keys may be cached */
  async of(tenant: string): Promise<TenantRing> {
    await this.options.admit?.(tenant);
    const ring = this.rings.get(tenant);
    const age = ring ? this.ageOf(ring) : Infinity;
    if (!ring || age >= this.options.cacheMs) return this.reload(tenant);
    // In the background: a provider that is away, or slow, is no reason to wait while there is time left.
    if (age >= this.options.cacheMs / 2) this.reload(tenant).catch(() => undefined);
    return ring;
  }

  /** Reads a tenant's keys anew. */
  async reload(tenant: string): Promise<TenantRing> {
    let loading = this.loading.get(tenant);
    if (!loading) {
      const failed = this.failed.get(tenant);
      if (failed && performance.now() < failed.until) throw failed.error;
      loading = this.load(tenant).finally(() => this.loading.delete(tenant));
      this.loading.set(tenant, loading);
    }
    return loading;
  }

  /** Forgets the keys of tenants whose time is over: a key that may not serve any more has no business in memory. */
  tidy(onForgotten: (tenant: string) => void): void {
    for (const [tenant, ring] of this.rings) {
      if (this.ageOf(ring) < this.options.cacheMs) continue;
      this.rings.delete(tenant);
      onForgotten(tenant);
    }
  }

  /** Milliseconds since the provider last answered for the tenant that it answered for the longest time ago. */
  get age(): number {
    return Math.max(0, ...[...this.rings.values()].map((ring) => this.ageOf(ring)));
  }

  /** The tenants whose keys are at hand. */
  get tenants(): readonly string[] {
    return [...this.rings.keys()];
  }

  private async load(tenant: string): Promise<TenantRing> {
    const began = performance.now();
    try {
      const ring = await asKeysUnavailable(() => loadRing(this.options, tenant));
      this.rings.set(tenant, ring);
      this.failed.delete(tenant);
      return ring;
    } catch (error) {
      const now = performance.now();
      if (now - began >= SLOW_MS) this.failed.set(tenant, { error, until: now + Math.min(now - began, LONGEST_PAUSE_MS) });
      if (isHeedError(error) && error.code === 'keys_missing') this.rings.delete(tenant);
      // Its provider says that the key is gone: what is cached ends with it. Being away says nothing.
      if (isHeedError(error) && isHeedError(error.cause) && error.cause.code !== 'kek_unavailable') this.rings.delete(tenant);
      throw error;
    }
  }

  private ageOf(ring: TenantRing): number {
    return this.options.clock.now().getTime() - ring.provenAt;
  }
}
