import type { Tx } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';

/**
 * A table whose rows are found by keyed hashes. Which epoch's hashes are written stands in the tenant's own tables, so that
 * no two instances, whatever they have in memory, ever write one person under two of them.
 */
export interface Reindexable {
  /** From the commit on, hashes of this epoch are what is written; waits for whoever is writing others. Twice does nothing more. */
  begin(tx: Tx, epoch: number): Promise<void>;
  /**
   * Moves rows of former epochs to this one; what cannot be read any more counts as moved.
   * @returns how many: none when all stand under it
   */
  moveSome(tx: Tx, epoch: number, limit: number, vault: FieldVault): Promise<number>;
}
