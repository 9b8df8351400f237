import type { Trail } from '@heed/connector-spi';
import type { Plan, PlannedTable } from '../map/plan.js';
import { Params } from '../sql.js';
import type { Queryable } from '../sql.js';
import { hitsSql, laterSql, NO_ROWS } from './hits.js';
import type { KeyedRows } from './hits.js';
import type { People } from './people.js';

export interface FoundRow {
  readonly who: number;
  readonly key: string;
  readonly parentKey: string | null;
  readonly later: boolean;
}

/** The rows of tables that others hang on, found from the top down, and what was known of them before. */
export class Discovery {
  readonly rows = new Map<string, readonly FoundRow[]>();
  private readonly known = new Map<string, KeyedRows>();

  constructor(private readonly plan: Plan, readonly people: People, trails: readonly Trail[]) {
    for (const table of plan.tables) {
      const pairs = trails.flatMap((trail, who) => (trail.keys[table.name] ?? []).map((key) => ({ who, key })));
      if (pairs.length > 0) this.known.set(table.name, keyedRows(pairs.map((pair) => ({ ...pair, later: false }))));
    }
  }

  /** SQL of the rows of any table about these people; its parents must have been read. */
  hits(table: PlannedTable, params: Params, options: { readonly repeated?: boolean } = {}): string | undefined {
    const known = this.known.get(table.name) ?? NO_ROWS;
    const parents = table.parent ? this.parentsOf(table.parent.table) : NO_ROWS;
    // Whether a row is a returned person's is only known from all the ways in which it was found.
    const repeated = options.repeated === true && !parents.later.includes(true);
    return hitsSql(table, this.people, params, { parents, known, repeated });
  }

  async run(db: Queryable): Promise<this> {
    for (const table of this.plan.tables) {
      if (table.children.length > 0) this.rows.set(table.name, await this.read(db, table));
    }
    return this;
  }

  /** True when a row of this table may be someone's who came back. */
  mayBeLater(table: PlannedTable): boolean {
    return table.createdAt !== undefined || (table.parent !== undefined && this.parentsOf(table.parent.table).later.includes(true));
  }

  private parentsOf(name: string): KeyedRows {
    const found = this.rows.get(name) ?? [];
    const seen = new Set(found.map((row) => `${row.who} ${row.key}`));
    const known = this.known.get(name) ?? NO_ROWS;
    const gone = known.key.map((key, i) => ({ who: known.who[i] ?? -1, key, later: false })).filter((row) => !seen.has(`${row.who} ${row.key}`));
    return keyedRows([...gone, ...found]);
  }

  private async read(db: Queryable, table: PlannedTable): Promise<readonly FoundRow[]> {
    const params = new Params();
    const hits = this.hits(table, params);
    if (!hits) return [];
    const { join, later } = laterSql(table, this.people, params);
    const parentKey = table.parent ? `t.${table.parent.column}::text` : 'NULL';
    const rows = await db.query<{ who: number; key: string; parent_key: string | null; later: boolean }>(
      `SELECT h.who, h.key::text AS key, ${parentKey} AS parent_key, ${later} AS later
       FROM (${hits}) h JOIN ${table.sql} t ON t.${table.key} = h.key ${join}`,
      params.values,
    );
    return rows.map((row) => ({ who: row.who, key: row.key, parentKey: row.parent_key, later: row.later }));
  }
}

function keyedRows(rows: readonly { readonly who: number; readonly key: string; readonly later: boolean }[]): KeyedRows {
  return { who: rows.map((r) => r.who), key: rows.map((r) => r.key), later: rows.map((r) => r.later) };
}
