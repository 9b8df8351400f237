import type { DataKey } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable, keysUnavailable } from '../keys-unavailable.js';
import type { KeyRings } from '../ring/key-rings.js';

const FIRST = 16;
const MOST = 1024;
/**
 * What lies ready for longer is made anew: after so much time, every key that is handed out is younger than any rotation
 * that was asked for before.
 */
export const READY_MS = 60_000;
/** A reservoir that was emptied within this time was too small. */
const QUICK_MS = 5_000;

interface Store {
  keys: DataKey[];
  size: number;
  filledAt: number;
  /** Milliseconds of the clock: how old the oldest that lies ready may be. */
  since: number;
  filling: Promise<void> | undefined;
}

/**
 * Data keys of a tenant, made ahead: stored together in one commit, handed out from memory, so that sealing costs no round
 * trip. It grows with the demand. What a killed process had not handed out stays stored and seals nothing.
 */
export class Reservoir {
  private readonly stores = new Map<string, Store>();

  constructor(
    private readonly options: { readonly database: Database; readonly clock: Clock; readonly rings: KeyRings; readonly onMade: (keys: readonly DataKey[]) => void },
  ) {}

  async take(tenant: string, count: number): Promise<readonly DataKey[]> {
    await this.options.rings.of(tenant); // whatever lies ready, it is handed out only while the tenant's keys may serve
    const store = this.of(tenant);
    this.discardOld(tenant, store);
    while (store.keys.length < count) await this.fill(tenant, store, count);
    const taken = store.keys.splice(store.keys.length - count, count);
    if (store.keys.length < store.size / 4) this.fill(tenant, store, 0).catch(() => undefined); // the next call that lacks a key says why
    return taken;
  }

  forget(tenant: string): void {
    this.stores.delete(tenant);
  }

  /** Takes back what was made for nothing. */
  async drain(): Promise<void> {
    const left = [...this.stores].filter(([, { keys }]) => keys.length > 0);
    this.stores.clear();
    await Promise.all(left.map(([tenant, { keys }]) => this.remove(tenant, keys)));
  }

  private discardOld(tenant: string, store: Store): void {
    if (store.keys.length === 0 || this.options.clock.now().getTime() - store.since < READY_MS) return;
    this.remove(tenant, store.keys).catch(() => undefined); // what stays stored seals nothing
    store.keys = [];
  }

  private async remove(tenant: string, keys: readonly DataKey[]): Promise<void> {
    await this.options.database.query('DELETE FROM data_key WHERE tenant = $1 AND id = ANY($2)', [tenant, keys.map(({ id }) => id)]);
  }

  private of(tenant: string): Store {
    let store = this.stores.get(tenant);
    if (!store) {
      store = { keys: [], size: FIRST, filledAt: -Infinity, since: 0, filling: undefined };
      this.stores.set(tenant, store);
    }
    return store;
  }

  private fill(tenant: string, store: Store, needed: number): Promise<void> {
    store.filling ??= this.make(tenant, store, needed).finally(() => (store.filling = undefined));
    return store.filling;
  }

  private async make(tenant: string, store: Store, needed: number): Promise<void> {
    if (performance.now() - store.filledAt < QUICK_MS) store.size = Math.min(store.size * 2, MOST);
    const keys = await asKeysUnavailable(() => this.store(tenant, Math.max(store.size, needed - store.keys.length)));
    store.filledAt = performance.now();
    if (store.keys.length === 0) store.since = this.options.clock.now().getTime();
    store.keys = [...keys, ...store.keys];
    this.options.onMade(keys);
  }

  private async store(tenant: string, count: number): Promise<readonly DataKey[]> {
    const { clock, database, rings } = this.options;
    for (const ring of [await rings.of(tenant), undefined]) {
      const current = ring ?? (await rings.reload(tenant)); // a rotation has taken the epoch away meanwhile
      const made = Array.from({ length: count }, () => current.mint(clock.now()));
      // The lock on the epoch's row: a rotation that takes it away waits for these keys, or these keys find it gone.
      const stored = await database.query(
        `WITH ik AS MATERIALIZED (SELECT epoch FROM intermediate_key WHERE tenant = $1 AND epoch = $2 FOR KEY SHARE)
         INSERT INTO data_key (tenant, id, epoch, wrapped) SELECT $1, k.id, ik.epoch, k.wrapped FROM ik, unnest($3::uuid[], $4::bytea[]) AS k(id, wrapped)
         RETURNING 1 AS one`,
        [tenant, current.epoch, made.map(({ key }) => key.id), made.map(({ stored: { wrapped } }) => wrapped)],
      );
      if (stored.length === count) return made.map(({ key }) => key);
    }
    throw keysUnavailable(`The keys of ${tenant} are just being changed; try again.`);
  }
}
