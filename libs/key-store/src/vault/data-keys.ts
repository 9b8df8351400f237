import type { DataKey } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable, keysUnavailable } from '../keys-unavailable.js';
import type { KeyRings } from '../ring/key-rings.js';
import type { StoredKey, TenantRing } from '../ring/tenant-ring.js';

/** Between a ring and its rows an epoch may end, seldom two. */
const TRIES = 3;

interface Cached {
  readonly key: DataKey;
  readonly at: number;
}

export interface DataKeysOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly rings: KeyRings;
  readonly cacheMs: number;
  readonly cacheSize: number;
}

/** Data keys by id: from memory while they may stay there, else all of a batch in one query. */
export class DataKeys {
  /** In the order of their coming, the oldest first. */
  private readonly cache = new Map<string, Cached>();

  constructor(private readonly options: DataKeysOptions) {}

  /** By id; a key that was destroyed is missing. */
  async load(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, DataKey>> {
    const ring = await this.options.rings.of(tenant); // a cached key serves only while the tenant's keys may
    const found = new Map<string, DataKey>();
    const missing = new Set<string>();
    for (const id of ids) {
      const key = this.cached(tenant, id);
      if (key) found.set(id, key);
      else missing.add(id);
    }
    if (missing.size === 0) return found;
    const keys = await this.read(tenant, [...missing], ring);
    this.remember(keys);
    for (const key of keys) found.set(key.id, key);
    return found;
  }

  /** An epoch that was begun since the ring was read is read once; one that ended meanwhile has its keys in the next. */
  private async read(tenant: string, ids: readonly string[], ring: TenantRing): Promise<readonly DataKey[]> {
    for (let able = ring, tries = 0; tries < TRIES; tries += 1) {
      const rows = await asKeysUnavailable(() =>
        this.options.database.query<StoredKey>('SELECT id, epoch, wrapped FROM data_key WHERE tenant = $1 AND id = ANY($2)', [tenant, ids]),
      );
      const known = able;
      if (rows.every(({ epoch }) => known.knows(epoch))) return rows.map((row) => known.open(row));
      able = await this.options.rings.reload(tenant);
      const now = able;
      if (rows.every(({ epoch }) => now.knows(epoch))) return rows.map((row) => now.open(row));
    }
    throw keysUnavailable(`The keys of ${tenant} are just being changed; try again.`);
  }

  remember(keys: readonly DataKey[]): void {
    const at = this.options.clock.now().getTime();
    for (const key of keys) this.cache.set(cacheName(key.tenant, key.id), { key, at });
    for (const name of this.cache.keys()) {
      if (this.cache.size <= this.options.cacheSize) break;
      this.cache.delete(name);
    }
  }

  forget(tenant: string, ids: readonly string[]): void {
    for (const id of ids) this.cache.delete(cacheName(tenant, id));
  }

  forgetTenant(tenant: string): void {
    for (const [name, { key }] of this.cache) if (key.tenant === tenant) this.cache.delete(name);
  }

  /** Forgets what is older than it may be. */
  tidy(): void {
    for (const [name, cached] of this.cache) if (!this.isFresh(cached)) this.cache.delete(name);
  }

  private cached(tenant: string, id: string): DataKey | undefined {
    const cached = this.cache.get(cacheName(tenant, id));
    return cached && this.isFresh(cached) ? cached.key : undefined;
  }

  private isFresh({ at }: Cached): boolean {
    return this.options.clock.now().getTime() - at < this.options.cacheMs;
  }
}

const cacheName = (tenant: string, id: string): string => `${tenant}/${id}`;
