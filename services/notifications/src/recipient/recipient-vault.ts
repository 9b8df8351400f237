import { fileSecret, newMasterKey, tenantKeys } from '@heed/crypto';
import type { TenantKeys } from '@heed/crypto';
import path from 'node:path';

/** Encrypts what is known of recipients, under a key per tenant. */
export class RecipientVault {
  private readonly keys = new Map<string, TenantKeys>();

  private constructor(private readonly master: string) {}

  static async open(keysDir: string): Promise<RecipientVault> {
    return new RecipientVault((await fileSecret(path.join(keysDir, 'notifications.master.json'), () => ({ key: newMasterKey() }))).key);
  }

  index(tenant: string, email: string): Buffer {
    return this.of(tenant).blindIndex('email', email.toLowerCase());
  }

  seal(tenant: string, recipientId: string, field: 'email' | 'name', value: string): Buffer {
    return this.of(tenant).encrypt(value, aad(tenant, recipientId, field));
  }

  open(tenant: string, recipientId: string, field: 'email' | 'name', sealed: Buffer): string {
    return this.of(tenant).decrypt(sealed, aad(tenant, recipientId, field));
  }

  /** The address of a recipient's row, where it has one. */
  emailOf(tenant: string, row: { readonly recipient_id: string | null; readonly email: Buffer | null }): string | undefined {
    return row.recipient_id && row.email ? this.open(tenant, row.recipient_id, 'email', row.email) : undefined;
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

/** Binds a sealed field to its place, so that it cannot be moved to another recipient. */
const aad = (tenant: string, recipientId: string, field: string): string => `${tenant}|${recipientId}|recipient|${field}|1`;
