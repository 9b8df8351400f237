import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** What a tenant's personal fields are protected with. One key per tenant from a file, until the key hierarchy replaces it. */
export interface TenantKeys {
  /** Keyed hash of a normalised identifier: finds a person, tells nothing. */
  blindIndex(type: string, value: string): Buffer;
  /** AES-256-GCM; `aad` binds the value to its place (`tenant|subject|type|field|version`). */
  encrypt(plain: string, aad: string): Buffer;
  decrypt(sealed: Buffer, aad: string): string;
}

/** @param master 32 bytes, base64url. */
export function tenantKeys(master: string, tenant: string): TenantKeys {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', Buffer.from(master, 'base64url'), tenant, `heed ${use} v1`, 32));
  const index = derive('blind-index');
  const field = derive('field');
  return {
    blindIndex: (type, value) => createHmac('sha256', index).update(`${type}\0${value}`).digest(),
    encrypt(plain, aad) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', field, iv).setAAD(Buffer.from(aad));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    decrypt(sealed, aad) {
      const decipher = createDecipheriv('aes-256-gcm', field, sealed.subarray(0, 12)).setAAD(Buffer.from(aad));
      decipher.setAuthTag(sealed.subarray(12, 28));
      return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}

export const newMasterKey = (): string => randomBytes(32).toString('base64url');
