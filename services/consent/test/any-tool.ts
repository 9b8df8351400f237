import { FileKek, keyIdOf } from '@heed/crypto';
import { createDecipheriv } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { TwoServers } from './two-servers.js';

/** An identifier as it stands in the table. */
export interface SealedRow {
  readonly ref: string;
  readonly type: string;
  readonly sealed: Buffer;
}

/**
 * Tries every key that is left, the folder of key-encryption keys included, on sealed values: what whoever has all disks
 * can do. Nothing of Heed's own reading is in the way: a key's name is not looked at.
 */
export async function readWithAnyKey(two: TwoServers, rows: readonly SealedRow[]): Promise<readonly string[]> {
  const keys = await everyKey(two);
  return rows.flatMap(({ ref, type, sealed }) => keys.flatMap((key) => tryKey(key, sealed, `ajuni|${ref}|identifier|${type}|1`) ?? []));
}

async function everyKey(two: TwoServers): Promise<readonly Buffer[]> {
  const kek = new FileKek(two.kekDir);
  const versions = (await readdir(two.kekDir)).length;
  const intermediate = await two.sql<{ epoch: number; kek_version: number; wrapped: Buffer }>('keys', 'SELECT epoch, kek_version, wrapped FROM consent.intermediate_key');
  if (versions === 0 || intermediate.length === 0) throw new Error('nothing to try: the keys are not where they are looked for');
  const outer = await Promise.all(intermediate.map(({ epoch, kek_version: version, wrapped }) => kek.unwrap('ajuni', { version, bytes: wrapped }, `ik|consent|ajuni|${epoch}`)));
  const stored = await two.sql<{ id: string; wrapped: Buffer }>('keys', 'SELECT id, wrapped FROM consent.data_key');
  const data = stored.flatMap(({ id, wrapped }) => outer.flatMap((key) => unwrap(key, wrapped, `dk|consent|ajuni|${id}`) ?? []));
  return [...outer, ...data];
}

function unwrap(key: Buffer, wrapped: Buffer, aad: string): Buffer | undefined {
  return decrypt(key, wrapped.subarray(0, 12), wrapped.subarray(12, 28), wrapped.subarray(28), aad);
}

function tryKey(key: Buffer, sealed: Buffer, aad: string): string | undefined {
  keyIdOf(sealed); // it is a sealed value: a failure below is the key's
  return decrypt(key, sealed.subarray(17, 29), sealed.subarray(29, 45), sealed.subarray(45), aad)?.toString('utf8');
}

function decrypt(key: Buffer, iv: Buffer, tag: Buffer, text: Buffer, aad: string): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(Buffer.from(aad)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]);
  } catch {
    return undefined;
  }
}
