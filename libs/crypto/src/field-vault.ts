import path from 'node:path';
import { newMasterKey, tenantKeys } from './fields.js';
import type { TenantKeys } from './fields.js';
import { fileSecret } from './keys.js';

/**
 * What a service keeps sealed at rest beside its rows: each tenant under its own key, each value bound to its row and
 * field, so that it cannot be moved to another.
 * @example const vault = await FieldVault.open(keysDir, 'dsar'); vault.seal('ajuni', requestId, 'message', 'please')
 */
export class FieldVault {
  private readonly keys = new Map<string, TenantKeys>();

  private constructor(private readonly master: string) {}

  static async open(keysDir: string, service: string): Promise<FieldVault> {
    return new FieldVault((await fileSecret(path.join(keysDir, `${service}.master.json`), () => ({ key: newMasterKey() }))).key);
  }

  seal(tenant: string, id: string, field: string, plain: string): Buffer {
    return this.of(tenant).encrypt(plain, place(tenant, id, field));
  }

  /** Throws when the value was changed or belongs elsewhere. */
  open(tenant: string, id: string, field: string, sealed: Buffer): string {
    return this.of(tenant).decrypt(sealed, place(tenant, id, field));
  }

  /** Keyed hash of a normalised value, to find its row again. */
  index(tenant: string, type: string, value: string): Buffer {
    return this.of(tenant).blindIndex(type, value);
  }

  private of(tenant: string): TenantKeys {
    let keys = this.keys.get(tenant);
    if (!keys) {
      keys = tenantKeys(this.master, tenant);
      this.keys.set(tenant, keys);
    }
    return keys;
  }
}

const place = (tenant: string, id: string, field: string): string => `${tenant}|${id}|${field}|1`;
