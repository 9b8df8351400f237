import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A folder of `NNNN_name.sql` files, applied in order; a published file is never edited. */
export interface MigrationSet {
  readonly name: string;
  readonly scope: 'service' | 'tenant';
  readonly dir: string;
}

export interface MigrationFile {
  readonly set: string;
  readonly file: string;
  /** `set/file`: how it is called in messages and in `heed.tenant.applied`. */
  readonly name: string;
  /** Takes something away that instances of the version before still use; applied when none of them runs any more. */
  readonly contract: boolean;
  /** Commits by itself, apart from the tenant's other files: its first line says `-- heed: own transaction`. */
  readonly ownTransaction: boolean;
  readonly sql: string;
  readonly hash: string;
}

const here = import.meta.dirname;
/** The tables that every service has: tenants, outbox, inbox; ledger rows and idempotency per tenant. */
export const persistenceMigrations: readonly MigrationSet[] = [
  { name: 'persistence', scope: 'service', dir: path.join(here, '../../migrations/service') },
  { name: 'persistence', scope: 'tenant', dir: path.join(here, '../../migrations/tenant') },
];

/** The files of the sets of one scope, set by set and in order. */
export function filesOf(sets: readonly MigrationSet[], scope: MigrationSet['scope']): readonly MigrationFile[] {
  return sets.filter((set) => set.scope === scope).flatMap((set) => sqlFiles(set.dir).map((file) => readMigration(set, file)));
}

function sqlFiles(dir: string): readonly string[] {
  return readdirSync(dir).filter((name) => name.endsWith('.sql')).sort();
}

function readMigration(set: MigrationSet, file: string): MigrationFile {
  const sql = readFileSync(path.join(set.dir, file), 'utf8');
  return {
    set: set.name,
    file,
    name: `${set.name}/${file}`,
    contract: file.endsWith('.contract.sql'),
    ownTransaction: sql.startsWith('-- heed: own transaction'),
    sql,
    hash: createHash('sha256').update(sql).digest('hex'),
  };
}

/** Files by name with the hash they had when they were applied. */
export type AppliedFiles = ReadonlyMap<string, string>;

/**
 * What is still to be applied.
 * @throws Error where a file that was applied reads differently now
 */
export function missingFiles(files: readonly MigrationFile[], applied: AppliedFiles): readonly MigrationFile[] {
  return files.filter(({ name, hash }) => {
    const before = applied.get(name);
    if (before !== undefined && before !== hash) throw new Error(`Migration ${name} was edited after it was applied; add a new file instead.`);
    return before === undefined;
  });
}
