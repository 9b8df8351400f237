import type { Database, UnitOfWork } from '@heed/persistence';
import { KeyRotation } from '../rotation/key-rotation.js';
import type { Reindexable } from '../rotation/reindexable.js';
import type { Resealable } from '../rotation/resealable.js';
import type { FieldVault } from '../vault/field-vault.js';
import { DeadLetterKeys } from './dead-letter-keys.js';
import { ShredKeys } from './shred-keys.js';

interface KeyJob {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
}

/**
 * What every service with keys does again and again: destroys those that were ordered destroyed, and those of old dead
 * letters, and changes those whose time has come.
 * @param tables every table with sealed values, so that the keys of people can be changed
 * @param indexes every table whose rows are found by keyed hashes
 */
export function keyJobs(
  vault: FieldVault,
  { database, unitOfWork }: { readonly database: Database; readonly unitOfWork: UnitOfWork },
  tables: readonly Resealable[] = [],
  indexes: readonly Reindexable[] = [],
): readonly KeyJob[] {
  const shreds = new ShredKeys({ database, unitOfWork, vault });
  const letters = new DeadLetterKeys(vault);
  const rotation = new KeyRotation({ vault, database, unitOfWork, tables, indexes });
  return [
    { name: 'key-shreds', everyMs: 1000, run: () => shreds.run() },
    { name: 'dead-letter-keys', everyMs: 3_600_000, run: () => letters.tidy(database, unitOfWork) },
    { name: 'key-rotation', everyMs: 5_000, run: () => rotation.run() },
  ];
}
