import { fileSecret, newMasterKey, tenantKeys } from '@heed/crypto';
import type { TenantKeys } from '@heed/crypto';
import path from 'node:path';

/** Each tenant's keys for identifiers: blind indexes and sealed fields. */
export class SubjectVault {
  private readonly keys = new Map<string, TenantKeys>();

  private constructor(private readonly master: string) {}

  static async open(keysDir: string): Promise<SubjectVault> {
    return new SubjectVault((await fileSecret(path.join(keysDir, 'consent.master.json'), () => ({ key: newMasterKey() }))).key);
  }

  of(tenant: string): TenantKeys {
    let keys = this.keys.get(tenant);
    if (!keys) {
      keys = tenantKeys(this.master, tenant);
      this.keys.set(tenant, keys);
    }
    return keys;
  }
}

/** Binds a sealed identifier to its place, so that it cannot be moved to another person. */
export const identifierAad = (tenant: string, ref: string, type: string): string => `${tenant}|${ref}|identifier|${type}|1`;
