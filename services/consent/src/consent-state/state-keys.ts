import { indexedText, indexedTextOfRef } from '@heed/identifiers';
import type { FieldVault } from '@heed/key-store';
import { createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const USE = 'consent-state';

/** The key of one epoch, by which people are found on a tenant's consent-state topic. SDKs hold it; it opens nothing else. */
export class StateKey {
  private readonly secret: KeyObject;

  constructor(
    readonly epoch: number,
    readonly bytes: Buffer,
  ) {
    this.secret = createSecretKey(bytes);
  }

  ofIdentifier(type: string, value: string): Buffer {
    return this.hash(indexedText({ type, value }));
  }

  ofRef(ref: string): Buffer {
    return this.hash(indexedTextOfRef(ref));
  }

  private hash(text: string): Buffer {
    return createHmac('sha256', this.secret).update(text).digest();
  }
}

/** The state keys of tenants, in the keys database like all others; never the keys that Heed's own tables are searched by. */
export class StateKeys {
  constructor(private readonly vault: FieldVault) {}

  async of(tenant: string, epoch: number): Promise<StateKey> {
    return new StateKey(epoch, (await this.vault.useKey(tenant, USE, periodOf(epoch))).key);
  }

  /** Destroys the keys of epochs before. */
  async destroyBefore(tenant: string, epoch: number): Promise<void> {
    await this.vault.destroy(tenant, await this.vault.useKeysBefore(tenant, USE, periodOf(epoch)));
  }

  /** Values of identifiers, for the first time that they are published under a key. */
  open(...asked: Parameters<FieldVault['open']>): ReturnType<FieldVault['open']> {
    return this.vault.open(...asked);
  }
}

/** Periods are compared as text. */
const periodOf = (epoch: number): string => String(epoch).padStart(6, '0');

/** As the record key has it. */
export const recordKey = (hash: Buffer): string => hash.toString('base64url');
