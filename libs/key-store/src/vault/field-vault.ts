import { keyIdOf, openField, sealField } from '@heed/crypto';
import type { DataKey, KekProvider, Place } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import { keyCacheAge, keyCacheLimit } from '@heed/observability';
import type { Database } from '@heed/persistence';
import { tenantsMissing } from '../check/index-checks.js';
import type { TenantCheck } from '../check/index-checks.js';
import type { KeyChecks } from '../check/key-checks.js';
import { KeyRings } from '../ring/key-rings.js';
import type { BlindIndexes } from '../ring/tenant-ring.js';
import { RotationLog } from '../rotation/rotation-log.js';
import { DataKeys } from './data-keys.js';
import { countDestroyed, destroyKeys, tenantsBehind } from './destroy-keys.js';
import { Reservoir } from './reservoir.js';
import { IndexEpochs } from './index-epochs.js';
import { UseKeys } from './use-keys.js';

export interface FieldVaultOptions {
  /** Name on the command line. */
  readonly service: string;
  /** The service's login to the keys database. */
  readonly database: Database;
  readonly kek: KekProvider;
  readonly clock: Clock;
  /** How long keys serve without a word of the provider, and how long a person's key stays in memory. */
  readonly cacheMs: number;
  readonly cacheSize: number;
  /** What the service remembers of its keys; without it, as in programs that look on, any keys do. */
  readonly checks?: KeyChecks;
  /** See `KeyRings`. */
  readonly admit?: (tenant: string) => Promise<void>;
}

/** A sealed value and where it belongs. */
export interface SealedItem {
  readonly place: Place;
  readonly sealed: Buffer;
}

/** How long a step between two cleanings of the memory lasts. */
const TIDY_EVERY_MS = 5_000;

/**
 * What a service keeps sealed at rest: each person's values under a key of their own, which can be destroyed without them.
 * Every method that needs keys throws HeedError `keys_unavailable` while they cannot be had; none writes in the clear.
 * @example
 * const [key] = await vault.newKeys('ajuni', 1);
 * const sealed = vault.seal(key, { tenant: 'ajuni', subject: ref, type: 'identifier', field: 'email' }, 'ada@example.com');
 * const [email] = await vault.open('ajuni', [{ place, sealed }]); // undefined once the key is destroyed
 */
export class FieldVault {
  readonly rings: KeyRings;
  readonly clock: Clock;
  /** How keys of blind indexes follow each other. */
  readonly indexEpochs: IndexEpochs;
  private readonly data: DataKeys;
  private readonly reservoir: Reservoir;
  private readonly uses: UseKeys;
  private readonly tidying: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  constructor(readonly options: FieldVaultOptions) {
    const { database, clock } = options;
    this.clock = clock;
    this.rings = new KeyRings(options);
    this.data = new DataKeys({ ...options, rings: this.rings });
    this.reservoir = new Reservoir({ database, clock, rings: this.rings, onMade: (keys) => this.data.remember(keys) });
    this.uses = new UseKeys({ database, keys: this.data, reservoir: this.reservoir });
    this.indexEpochs = new IndexEpochs(options, this.rings);
    this.tidying = setInterval(() => this.tidy(), TIDY_EVERY_MS).unref();
  }

  /** Keys for rows that are about to be written, from memory as a rule. One that no row comes to use does no harm. */
  newKeys(tenant: string, count: number): Promise<readonly DataKey[]> {
    return count === 0 ? Promise.resolve([]) : this.reservoir.take(tenant, count);
  }

  /** Keys by id, all of them in one query at most; those that were destroyed are missing. */
  keys(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, DataKey>> {
    return ids.length === 0 ? Promise.resolve(new Map()) : this.data.load(tenant, ids);
  }

  seal(key: DataKey, place: Place, plain: string): Buffer {
    return sealField(key, place, plain);
  }

  /**
   * The values, in the order asked, by one query at most; undefined where the key is destroyed.
   * @throws Error where a value was changed or belongs elsewhere
   */
  async open(tenant: string, items: readonly SealedItem[]): Promise<readonly (string | undefined)[]> {
    const ids = items.map(({ sealed }) => keyIdOf(sealed));
    const keys = await this.keys(tenant, [...new Set(ids)]);
    return items.map(({ place, sealed }, index) => {
      const key = keys.get(ids[index] ?? '');
      return key && openField(key, place, sealed);
    });
  }

  /** The key that a value is sealed under. */
  keyIdOf(sealed: Buffer): string {
    return keyIdOf(sealed);
  }

  /** Keyed hashes of normalised values, to find their rows again. */
  async indexes(tenant: string): Promise<BlindIndexes> {
    return (await this.rings.of(tenant)).indexes;
  }

  /** As `indexes`, read anew: while keys of indexes change, a service compares what it has with what its own tables say. */
  async refreshIndexes(tenant: string): Promise<BlindIndexes> {
    return (await this.rings.reload(tenant)).indexes;
  }

  /** Asks for a new key of the blind indexes where none is under way: the one that a service's tables name is gone. */
  async askIndexChange(tenant: string): Promise<void> {
    const { indexes } = await this.rings.of(tenant);
    if (indexes.all.length === 1) await new RotationLog(this.options).request(tenant, 'index', 'due');
  }

  /** A key of the whole tenant for one use, made at the first call. @param period one key for each, e.g. a date */
  useKey(tenant: string, use: string, period = ''): Promise<DataKey> {
    return this.uses.of(tenant, use, period);
  }

  /** Ids of the keys of a use whose period lies before this one: what is left to destroy. */
  useKeysBefore(tenant: string, use: string, period: string): Promise<readonly string[]> {
    return this.uses.before(tenant, use, period);
  }

  /** Destroys keys for good, here and in memory; other instances forget them within the cache's time. */
  async destroy(tenant: string, keyIds: readonly string[]): Promise<void> {
    await destroyKeys(this.options, tenant, keyIds);
    this.data.forget(tenant, keyIds);
  }

  /** The tenants of whose keys, destroyed before, this keys database does not know: it is an older copy. */
  tenantsBehind(destroyed: readonly { readonly tenant: string; readonly keys: readonly string[] }[]): Promise<readonly string[]> {
    return tenantsBehind(this.options, destroyed);
  }

  /** The tenants whose keys that a service remembers this keys database never made: it is another, or an older copy. */
  tenantsMissing(remembered: readonly TenantCheck[]): Promise<readonly string[]> {
    return tenantsMissing(this.options.database, remembered);
  }

  /** How many keys of each tenant were ever destroyed in the keys database that is there now. */
  destroyedCounts(): Promise<ReadonlyMap<string, number>> {
    return countDestroyed(this.options);
  }

  /** Forgets all that is in memory of a tenant; keys made ahead and not handed out are made anew. */
  forget(tenant: string): void {
    this.data.forgetTenant(tenant);
    this.reservoir.forget(tenant);
  }

  /** Nest ends it with the application, when the last call is answered. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    clearInterval(this.tidying);
    await this.reservoir.drain().catch(() => undefined); // what is left seals nothing
    await this.options.database.close();
    await this.options.checks?.close();
    await this.options.kek.close();
  }

  private tidy(): void {
    this.data.tidy();
    keyCacheAge.set(this.rings.age / 1000);
    keyCacheLimit.set(this.options.cacheMs / 1000);
    this.rings.tidy((tenant) => this.forget(tenant));
  }
}
