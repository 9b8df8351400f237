import { failpoint } from '@heed/kernel';
import type pg from 'pg';
import { quoteIdent, quoteLiteral } from '../names.js';
import type { AppliedFiles, MigrationFile } from './migration-files.js';

export interface Place {
  readonly schema: string;
  /** Who owns what the files make. */
  readonly owner: string;
  /** What `{{name}}` stands for. */
  readonly variables: Readonly<Record<string, string>>;
}

export async function ensureMigrationTable(client: pg.Client, schema: string): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${quoteIdent(schema)}.migration
       (set text, file text, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (set, file))`,
  );
}

/** What stands in the `migration` tables of these schemas, in one statement; a schema without that table has nothing. */
export async function appliedFiles(client: pg.Client, schemas: readonly string[]): Promise<ReadonlyMap<string, AppliedFiles>> {
  const { rows: found } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'migration' AND n.nspname = ANY($1)`,
    [schemas],
  );
  if (found.length === 0) return new Map();
  const { rows } = await client.query<{ schema: string; set: string; file: string; hash: string }>(
    found.map(({ schema }) => `SELECT ${quoteLiteral(schema)} AS schema, set, file, hash FROM ${quoteIdent(schema)}.migration`).join(' UNION ALL '),
  );
  const bySchema = Map.groupBy(rows, (row) => row.schema);
  return new Map([...bySchema].map(([schema, files]) => [schema, new Map(files.map((row) => [`${row.set}/${row.file}`, row.hash]))]));
}

/**
 * Applies files inside the transaction that is open; one that asks for a transaction of its own ends it and leaves the
 * next one open. A killed run finds either all of a transaction's files or none of them, with their records.
 */
export async function applyFiles(client: pg.Client, files: readonly MigrationFile[], place: Place): Promise<void> {
  const schema = quoteIdent(place.schema);
  for (const file of files) {
    const sql = filled(file, place.variables);
    if (file.ownTransaction) await client.query('COMMIT; BEGIN');
    failpoint('migrate.before-file');
    try {
      await client.query(`SET LOCAL ROLE ${quoteIdent(place.owner)}; SET LOCAL search_path = ${schema};\n${sql}\n;RESET ROLE`);
      await client.query(`INSERT INTO ${schema}.migration (set, file, hash) VALUES ($1, $2, $3)`, [file.set, file.file, file.hash]);
    } catch (error) {
      throw new Error(`Migration ${file.name} failed in ${place.schema}: ${error instanceof Error ? error.message : 'unknown'}`, { cause: error });
    }
    failpoint('migrate.after-file');
    if (file.ownTransaction) await client.query('COMMIT; BEGIN');
  }
}

/** Either all of it happens or nothing. */
export async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const done = await work();
    await client.query('COMMIT');
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function filled(file: MigrationFile, variables: Readonly<Record<string, string>>): string {
  return file.sql.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = variables[name];
    if (!value) throw new Error(`Migration ${file.name} uses the unknown variable ${name}.`);
    return quoteIdent(value);
  });
}
