import { blindIndex, unwrapUnder, wrapUnder } from '@heed/crypto';
import type { BlindIndex, DataKey } from '@heed/crypto';
import { uuidv7 } from '@heed/kernel';
import { randomBytes } from 'node:crypto';
import { dataAad } from './wrapping.js';

export type IndexState = 'joining' | 'current' | 'leaving';

/** Hashes to look values up by and to write them with. */
export interface BlindIndexes {
  /** What is written. */
  readonly current: BlindIndex;
  /** What is looked up: `current`, and while a new key takes over, the other one. Newest first. */
  readonly all: readonly (BlindIndex & { readonly state: IndexState })[];
}

/** A data key as it is stored. */
export interface StoredKey {
  readonly id: string;
  readonly epoch: number;
  readonly wrapped: Buffer;
}

/** One tenant's unwrapped intermediate keys and blind index keys; whoever holds it can open data keys without the provider. */
export class TenantRing {
  readonly indexes: BlindIndexes;
  /** Epoch that new keys are wrapped under. */
  readonly epoch: number;
  /** Milliseconds of the clock: until when the provider's last word counts. */
  readonly provenAt: number;

  constructor(
    private readonly service: string,
    readonly tenant: string,
    private readonly intermediate: ReadonlyMap<number, Buffer>,
    indexKeys: readonly { readonly epoch: number; readonly state: IndexState; readonly key: Buffer }[],
    provenAt: number,
  ) {
    this.provenAt = provenAt;
    this.epoch = Math.max(...intermediate.keys());
    const all = indexKeys.toSorted((a, b) => b.epoch - a.epoch).map(({ epoch, state, key }) => ({ ...blindIndex(epoch, key), state }));
    const current = all.find(({ state }) => state === 'current');
    if (!current || !intermediate.has(this.epoch)) throw new Error('a ring without keys');
    this.indexes = { current, all };
  }

  knows(epoch: number): boolean {
    return this.intermediate.has(epoch);
  }

  /** A new key and how it is stored. */
  mint(now: Date): { readonly key: DataKey; readonly stored: StoredKey } {
    const key: DataKey = { id: uuidv7(now), tenant: this.tenant, key: randomBytes(32) };
    return { key, stored: { id: key.id, epoch: this.epoch, wrapped: this.wrap(key) } };
  }

  /** @throws where the ring does not know its epoch, or it was changed */
  open({ id, epoch, wrapped }: StoredKey): DataKey {
    return { id, tenant: this.tenant, key: unwrapUnder(this.ofEpoch(epoch), wrapped, dataAad(this.service, this.tenant, id)) };
  }

  /** The same key under the newest epoch. */
  rewrap(stored: StoredKey): StoredKey {
    return { id: stored.id, epoch: this.epoch, wrapped: this.wrap(this.open(stored)) };
  }

  /** Wraps something else of this service under the newest epoch. */
  wrapOther(key: Buffer, aad: string): Buffer {
    return wrapUnder(this.ofEpoch(this.epoch), key, aad);
  }

  unwrapOther(epoch: number, wrapped: Buffer, aad: string): Buffer {
    return unwrapUnder(this.ofEpoch(epoch), wrapped, aad);
  }

  private wrap(key: DataKey): Buffer {
    return wrapUnder(this.ofEpoch(this.epoch), key.key, dataAad(this.service, this.tenant, key.id));
  }

  private ofEpoch(epoch: number): Buffer {
    const key = this.intermediate.get(epoch);
    if (!key) throw new Error(`no intermediate key of epoch ${epoch}`);
    return key;
  }
}
