import type { PlannedTable } from '../map/plan.js';
import { Params } from '../sql.js';
import type { People } from './people.js';

/** Rows of a table as keys, each with the person it belongs to. */
export interface KeyedRows {
  readonly who: readonly number[];
  readonly key: readonly string[];
  /** The row belongs to who came back after the erasure was asked for. */
  readonly later: readonly boolean[];
}

export const NO_ROWS: KeyedRows = { who: [], key: [], later: [] };

/**
 * SQL of the rows of a table that are about the people: by their identifiers, by the parent rows they hang on, and by
 * keys met before. Columns `who, key, later`; undefined when nothing can match.
 *
 * Rows are joined by primary key, never by ctid: a row that an application updates between our reading and our writing
 * keeps its key and gets another ctid, and would be missed.
 */
export function hitsSql(
  table: PlannedTable,
  people: People,
  params: Params,
  rows: {
    readonly parents: KeyedRows;
    readonly known: KeyedRows;
    /** A row may come more than once: for a LIMIT that must not first collect everything. */
    readonly repeated?: boolean;
  },
): string | undefined {
  const parts: string[] = [];
  for (const { type, column, comparison } of table.identifiers) {
    const given = people.values.get(type);
    const fit = given?.value.map((value, i) => ({ value, who: given.who[i] })).filter(({ value }) => comparison.accepts(value)) ?? [];
    if (fit.length === 0) continue;
    const unnested = `unnest(${params.add(fit.map((f) => f.who))}::int[], ${params.add(fit.map((f) => comparison.normalise(f.value)))}::${comparison.type}[])`;
    parts.push(`SELECT i.who, t.${table.key} AS key, false AS later FROM ${table.sql} t JOIN ${unnested} AS i(who, value) ON ${comparison.expression(`t.${column}`)} = i.value`);
  }
  const { parents, known } = rows;
  if (table.parent && parents.key.length > 0) {
    const unnested = `unnest(${params.add(parents.who)}::int[], ${params.add(parents.key)}::${table.parent.columnType}[], ${params.add(parents.later)}::bool[])`;
    parts.push(`SELECT p.who, t.${table.key} AS key, p.later FROM ${table.sql} t JOIN ${unnested} AS p(who, key, later) ON t.${table.parent.column} = p.key`);
  }
  if (known.key.length > 0) {
    const unnested = `unnest(${params.add(known.who)}::int[], ${params.add(known.key)}::${table.keyType}[])`;
    parts.push(`SELECT k.who, t.${table.key} AS key, false AS later FROM ${table.sql} t JOIN ${unnested} AS k(who, key) ON t.${table.key} = k.key`);
  }
  if (parts.length === 0) return undefined;
  if (rows.repeated === true) return parts.join(' UNION ALL ');
  return `SELECT x.who, x.key, bool_or(x.later) AS later FROM (${parts.join(' UNION ALL ')}) x GROUP BY x.who, x.key`;
}

/** SQL for "this row came later than the person's erasure was asked for", over hits `h` joined with rows `t`. */
export function laterSql(table: PlannedTable, people: People, params: Params): { readonly join: string; readonly later: string } {
  if (!table.createdAt) return { join: '', later: 'h.later' };
  const { ids, returned } = people;
  const times = [returned.map((r) => r.asOf), returned.map((r) => r.until), returned.map((r) => r.since)].map((list) => `${params.add(list)}::timestamptz[]`);
  const made = `t.${table.createdAt}`;
  return {
    join: `JOIN unnest(${params.add(ids)}::int[], ${times.join(', ')}) AS a(who, as_of, until, since) ON a.who = h.who`,
    later: `(h.later OR COALESCE(${made} > a.as_of AND (a.until IS NULL OR ${made} < a.until) OR ${made} > a.since, false))`,
  };
}
