import { FieldVault } from '@heed/crypto';

/** Encrypts what is known of recipients, under a key per tenant. */
export class RecipientVault {
  private constructor(private readonly vault: FieldVault) {}

  static async open(keysDir: string): Promise<RecipientVault> {
    return new RecipientVault(await FieldVault.open(keysDir, 'notifications'));
  }

  index(tenant: string, email: string): Buffer {
    return this.vault.index(tenant, 'email', email.toLowerCase());
  }

  seal(tenant: string, recipientId: string, field: 'email' | 'name', value: string): Buffer {
    return this.vault.seal(tenant, recipientId, `recipient|${field}`, value);
  }

  open(tenant: string, recipientId: string, field: 'email' | 'name', sealed: Buffer): string {
    return this.vault.open(tenant, recipientId, `recipient|${field}`, sealed);
  }

  /** The address of a recipient's row, where it has one. */
  emailOf(tenant: string, row: { readonly recipient_id: string | null; readonly email: Buffer | null }): string | undefined {
    return row.recipient_id && row.email ? this.open(tenant, row.recipient_id, 'email', row.email) : undefined;
  }
}
