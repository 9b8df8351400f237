import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

/** A key that one row, or one person's rows, are sealed under. */
export interface DataKey {
  /** UUIDv7: when it was made can be read from it. */
  readonly id: string;
  readonly tenant: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** Where a value belongs: sealed for one place, it opens in no other. */
export interface Place {
  readonly tenant: string;
  /** The row's owner: a subjectRef, a request's id. */
  readonly subject: string;
  /** What kind of row, e.g. `identifier`. */
  readonly type: string;
  readonly field: string;
  /** Of the value's form; default 1. */
  readonly version?: number;
}

const FORM = 1;
const ID_AT = 1;
const IV_AT = 17;
const TAG_AT = 29;
const TEXT_AT = 45;
const CIPHER = 'aes-256-gcm';

/**
 * AES-256-GCM: `0x01 | key id (16) | iv (12) | tag (16) | ciphertext`. The key's id travels with the value, so that a row
 * names its key without a column of its own.
 * @example sealField(key, { tenant: 'ajuni', subject: ref, type: 'identifier', field: 'email' }, 'ada@example.com')
 */
export function sealField(key: DataKey, place: Place, plain: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv(CIPHER, createSecretKey(key.key), iv).setAAD(aadOf(place));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(FORM), keyIdBytes(key.id), iv, cipher.getAuthTag(), text]);
}

/** Throws when the value was changed, belongs elsewhere, or was sealed under another key. */
export function openField(key: DataKey, place: Place, sealed: Buffer): string {
  if (keyIdOf(sealed) !== key.id) throw new Error('sealed under another key');
  const decipher = createDecipheriv(CIPHER, createSecretKey(key.key), sealed.subarray(IV_AT, TAG_AT), { authTagLength: 16 }).setAAD(aadOf(place));
  decipher.setAuthTag(sealed.subarray(TAG_AT, TEXT_AT));
  return Buffer.concat([decipher.update(sealed.subarray(TEXT_AT)), decipher.final()]).toString('utf8');
}

/** The id of the key that a value is sealed under. @throws Error where it is no sealed value */
export function keyIdOf(sealed: Buffer): string {
  if (sealed.length < TEXT_AT || sealed[0] !== FORM) throw new Error('no sealed value');
  const hex = sealed.toString('hex', ID_AT, IV_AT);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The sixteen bytes of a key's id, as they stand in a sealed value. */
export function keyIdBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** `tenant|subject|type|field|version`. */
function aadOf({ tenant, subject, type, field, version = 1 }: Place): Buffer {
  return Buffer.from(`${tenant}|${subject}|${type}|${field}|${version}`);
}
