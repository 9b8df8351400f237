import type { Tx } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';

/**
 * A table with sealed values, as the rotation of data keys works through it. Owners are whoever shares a data key: people,
 * requests.
 */
export interface Resealable {
  /** Stable, without a slash: stands in the notes of a rotation. */
  readonly name: string;
  /**
   * The next owners with a value whose key is older, in the order of their ids.
   * @param after the last one that is done; undefined at the beginning
   * @param before the sixteen bytes that every older key's id comes before: `substring(sealed from 2 for 16) < $before`
   */
  nextBatch(tx: Tx, rotation: { readonly after: string | undefined; readonly before: Buffer; readonly limit: number }): Promise<readonly string[]>;
  /**
   * Seals everything of these owners anew, each under a new key; locks what it reads, as every writer does.
   * @returns ids of the keys that seal nothing any more
   */
  reseal(tx: Tx, owners: readonly string[], vault: FieldVault): Promise<readonly string[]>;
}

/** The least id of a key that was made then: UUIDv7 begins with the time. */
export function leastKeyId(at: Date): Buffer {
  const id = Buffer.alloc(16);
  id.writeUIntBE(at.getTime(), 0, 6);
  return id;
}
