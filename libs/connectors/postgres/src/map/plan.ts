import type { SqlDataMap } from '@heed/contracts-subprocessor-registry';
import { conflict } from '@heed/kernel';
import { quote } from '../sql.js';
import type { Catalogue } from './catalogue.js';
import { comparisonFor } from './comparison.js';
import type { Comparison } from './comparison.js';

export interface PlannedTable {
  /** As the map names it; evidence uses this name. */
  readonly name: string;
  /** Quoted for SQL, as all columns here. */
  readonly sql: string;
  readonly key: string;
  readonly keyType: string;
  readonly identifiers: readonly { readonly type: string; readonly column: string; readonly comparison: Comparison }[];
  readonly parent: { readonly table: string; readonly column: string; readonly columnType: string; readonly nullable: boolean } | undefined;
  readonly createdAt: string | undefined;
  /** The basis on which its rows stay. */
  readonly keep: string | undefined;
  /** Tables that hang on this one. Only their parents' keys are ever held in memory; leaves may be any size. */
  readonly children: readonly string[];
}

export interface PlannedPurpose {
  readonly id: string;
  readonly table: PlannedTable;
  readonly column: string;
  readonly columnType: string;
  readonly on: string;
  readonly off: string;
}

export interface Plan {
  /** Parents before children. Erase in the reverse order. */
  readonly tables: readonly PlannedTable[];
  readonly byName: ReadonlyMap<string, PlannedTable>;
  readonly purposes: ReadonlyMap<string, PlannedPurpose>;
  /** `table|constraint` of the foreign keys that the map knows. */
  readonly mappedForeignKeys: ReadonlySet<string>;
  /** Foreign keys onto mapped tables that the map does not know: rows behind them stop an erasure. */
  readonly unmappedForeignKeys: readonly string[];
}

/** Fits the map to the store. @throws HeedError `map_cycle` or `map_mismatch`, naming the place. */
export function buildPlan(map: SqlDataMap, catalogue: Catalogue): Plan {
  const columnOf = (table: string, column: string): { type: string; nullable: boolean } => {
    const found = catalogue.columns.get(table)?.get(column);
    if (!found) throw conflict('map_mismatch', `The store has no column ${table}.${column}.`);
    return found;
  };
  const children = new Map<string, string[]>();
  for (const t of map.tables) if (t.parent) children.set(t.parent.table, [...(children.get(t.parent.table) ?? []), t.table]);
  const tables = topologicalOrder(map.tables).map((t): PlannedTable => {
    for (const field of t.fields) columnOf(t.table, field.column);
    if (t.createdAt) columnOf(t.table, t.createdAt);
    return {
      name: t.table,
      sql: quote(t.table),
      key: quote(t.key),
      keyType: columnOf(t.table, t.key).type,
      identifiers: Object.entries(t.identifiers ?? {}).flatMap(([type, column]) =>
        column === undefined ? [] : [{ type, column: quote(column), comparison: comparisonFor(type, columnOf(t.table, column).type) }],
      ),
      parent: t.parent && {
        table: t.parent.table,
        column: quote(t.parent.column),
        columnType: columnOf(t.table, t.parent.column).type,
        nullable: columnOf(t.table, t.parent.column).nullable,
      },
      createdAt: t.createdAt === undefined ? undefined : quote(t.createdAt),
      keep: t.onErasure === 'erase' ? undefined : t.onErasure.keep.basis,
      children: children.get(t.table) ?? [],
    };
  });
  const byName = new Map(tables.map((t) => [t.name, t]));
  const purposes = Object.entries(map.purposes).map(([id, purpose]): [string, PlannedPurpose] => {
    const table = byName.get(purpose.table);
    if (!table) throw conflict('map_mismatch', `The purpose ${id} names a table outside the map: ${purpose.table}.`);
    const columnType = columnOf(purpose.table, purpose.column).type;
    return [id, { id, table, column: quote(purpose.column), columnType, on: String(purpose.on), off: String(purpose.off) }];
  });
  const known = (fk: Catalogue['foreignKeys'][number]): boolean => {
    const parent = map.tables.find((t) => t.table === fk.table)?.parent;
    return parent?.table === fk.refersTo && fk.columns.length === 1 && fk.columns[0] === parent.column;
  };
  return {
    tables,
    byName,
    purposes: new Map(purposes),
    // An error names its table without the schema.
    mappedForeignKeys: new Set(catalogue.foreignKeys.filter(known).map((fk) => `${fk.table.split('.').at(-1)}|${fk.name}`)),
    unmappedForeignKeys: catalogue.foreignKeys.filter((fk) => !known(fk)).map((fk) => `${fk.table}.${fk.name}`),
  };
}

/** Parents before children, in the order of the map where that leaves a choice. */
export function topologicalOrder<T extends { readonly table: string; readonly parent?: { readonly table: string } | undefined }>(
  tables: readonly T[],
): readonly T[] {
  const byName = new Map(tables.map((t) => [t.table, t]));
  const ordered = new Set<T>();
  const visit = (table: T, path: readonly string[]): void => {
    if (ordered.has(table)) return;
    if (path.includes(table.table)) throw conflict('map_cycle', `The map's parents form a cycle: ${[...path, table.table].join(' → ')}.`);
    const parent = table.parent && byName.get(table.parent.table);
    if (parent) visit(parent, [...path, table.table]);
    ordered.add(table);
  };
  for (const table of tables) visit(table, []);
  return [...ordered];
}
