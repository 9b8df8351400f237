import { fileSecret, generateAgentKeys } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import { openCheckpoint, signCheckpoint, vkeyOf } from '@heed/ledger';
import type { Checkpoint } from '@heed/ledger';
import path from 'node:path';

/** `heed/<service>/<tenant>`: which ledger is meant, wherever it is spoken of. */
export const originOf = (service: string, tenant: string): string => `heed/${service}/${tenant}`;

/** What a service signs its tenants' ledgers with. */
export class LedgerKey {
  constructor(
    readonly service: string,
    readonly signing: OkpKey,
  ) {}

  /** Reads the service's key, or makes it on the first start. */
  static async open(service: string, keysDir: string): Promise<LedgerKey> {
    return new LedgerKey(service, await fileSecret(path.join(keysDir, 'ledger.json'), () => generateAgentKeys().signing));
  }

  /** The public half, in the form that verifiers take. */
  vkey(tenant: string): string {
    return vkeyOf(originOf(this.service, tenant), this.signing.x);
  }

  sign(tenant: string, size: number, root: Buffer): string {
    return signCheckpoint({ origin: originOf(this.service, tenant), size, root }, this.signing);
  }

  /** @throws HeedError where this service's key did not sign the note for this tenant */
  open(tenant: string, note: string): Checkpoint {
    return openCheckpoint(note, this.vkey(tenant));
  }
}
