import type { SqlDataMap } from '@heed/contracts-subprocessor-registry';
import { conflict } from '@heed/kernel';
import { quote } from '../sql.js';
import type { Queryable } from '../sql.js';

export interface ColumnType {
  /** As PostgreSQL writes it, without a length: `text`, `bigint`, `uuid`. */
  readonly type: string;
  readonly nullable: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly refersTo: string;
}

/** What the store's own catalogue says about the mapped tables. Tables are named as the map names them. */
export interface Catalogue {
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, ColumnType>>;
  /** Foreign keys onto mapped tables that block a deletion; `table` is a map name where the referring table is mapped. */
  readonly foreignKeys: readonly ForeignKey[];
}

/** @throws HeedError `map_mismatch` naming the first table that is not there. */
export async function readCatalogue(db: Queryable, map: SqlDataMap): Promise<Catalogue> {
  const names = map.tables.map((t) => t.table);
  const found = await db.query<{ name: string; oid: number | null }>(
    'SELECT t.name, to_regclass(t.quoted)::oid::int8 AS oid FROM unnest($1::text[], $2::text[]) AS t(name, quoted)',
    [names, names.map(quote)],
  );
  const missing = found.find((row) => row.oid === null);
  if (missing) throw conflict('map_mismatch', `The store has no table ${missing.name}, or the agent may not see its schema.`);
  const byOid = new Map(found.map((row) => [String(row.oid), row.name]));
  const oids = [...byOid.keys()];
  const attributes = await db.query<{ oid: string; name: string; type: string; nullable: boolean }>(
    `SELECT attrelid::int8 AS oid, attname AS name, format_type(atttypid, NULL) AS type, NOT attnotnull AS nullable
     FROM pg_attribute WHERE attrelid::int8 = ANY ($1::int8[]) AND attnum > 0 AND NOT attisdropped`,
    [oids],
  );
  const columns = new Map<string, Map<string, ColumnType>>(names.map((name) => [name, new Map()]));
  for (const a of attributes) columns.get(byOid.get(String(a.oid)) ?? '')?.set(a.name, { type: a.type, nullable: a.nullable });
  const constraints = await db.query<{ name: string; oid: string; fallback: string; columns: string[]; refers_to: string }>(
    `SELECT c.conname AS name, c.conrelid::int8 AS oid, c.conrelid::regclass::text AS fallback, c.confrelid::int8 AS refers_to,
            ARRAY(SELECT a.attname::text FROM unnest(c.conkey) k JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k) AS columns
     FROM pg_constraint c WHERE c.contype = 'f' AND c.confrelid::int8 = ANY ($1::int8[]) AND c.confdeltype IN ('a','r')`,
    [oids],
  );
  return {
    columns,
    foreignKeys: constraints.map((c) => ({
      name: c.name,
      table: byOid.get(String(c.oid)) ?? c.fallback,
      columns: c.columns,
      refersTo: byOid.get(String(c.refers_to)) ?? '',
    })),
  };
}
