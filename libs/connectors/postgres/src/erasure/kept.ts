import type { PlannedTable } from '../map/plan.js';
import { Params } from '../sql.js';
import type { Queryable } from '../sql.js';
import type { Discovery } from './discover.js';
import { laterSql } from './hits.js';

/** Who came back by a new act after the erasure was asked for. */
export const RETURNED_AFTER = 'returned_after';
/** A row that has to stay refers to this one and cannot be cut off from it. */
export const REFERENCED_BY_KEPT = 'referenced_by_kept';

interface KeptRows {
  readonly who: number;
  readonly basis: string;
  readonly count: number;
  readonly parentKey: string | null;
  /** Stays because the person came back: what it hangs on is theirs and stays with it. */
  readonly returned: boolean;
}

/**
 * What has to stay, decided from the leaves up. A row kept on a basis of the map is cut off from the person where its
 * reference may be null; where it may not, or where the person came back, the row it refers to stays too.
 */
export class Kept {
  private readonly counts = new Map<string, Map<number, Map<string, number>>>();
  /** Keys of rows that stay, of tables that others hang on. */
  readonly keys = new Map<string, Set<string>>();
  private readonly needed = new Map<string, Map<string, boolean>>();
  /** Tables whose kept rows are cut off from rows that go. */
  readonly cutOff = new Set<string>();

  /** Decides for one table; those that hang on it must have been visited. */
  async visit(db: Queryable, table: PlannedTable, discovery: Discovery): Promise<void> {
    for (const rows of await this.rowsOf(db, table, discovery)) this.note(table, rows);
  }

  of(table: string, who: number): { basis: string; count: number }[] {
    return [...(this.counts.get(table)?.get(who) ?? [])].map(([basis, count]) => ({ basis, count }));
  }

  private async rowsOf(db: Queryable, table: PlannedTable, discovery: Discovery): Promise<readonly KeptRows[]> {
    const found = discovery.rows.get(table.name);
    if (!found) return keptLeaves(db, table, discovery);
    const needed = this.needed.get(table.name);
    return found.flatMap((row) => {
      const neededByReturned = needed?.get(row.key);
      const basis = row.later ? RETURNED_AFTER : (table.keep ?? (neededByReturned === undefined ? undefined : REFERENCED_BY_KEPT));
      if (basis === undefined) return [];
      this.setOf(table.name).add(row.key);
      return [{ who: row.who, basis, count: 1, parentKey: row.parentKey, returned: row.later || neededByReturned === true }];
    });
  }

  private note(table: PlannedTable, rows: KeptRows): void {
    const byPerson = this.counts.get(table.name) ?? new Map<number, Map<string, number>>();
    const byBasis = byPerson.get(rows.who) ?? new Map<string, number>();
    byBasis.set(rows.basis, (byBasis.get(rows.basis) ?? 0) + rows.count);
    this.counts.set(table.name, byPerson.set(rows.who, byBasis));
    if (!table.parent || rows.parentKey === null) return;
    if (table.parent.nullable && !rows.returned) {
      this.cutOff.add(table.name);
      return;
    }
    const needed = this.needed.get(table.parent.table) ?? new Map<string, boolean>();
    needed.set(rows.parentKey, rows.returned || needed.get(rows.parentKey) === true);
    this.needed.set(table.parent.table, needed);
  }

  private setOf(table: string): Set<string> {
    let set = this.keys.get(table);
    if (!set) this.keys.set(table, (set = new Set()));
    return set;
  }
}

/** Leaves may be many: they are counted by the row they hang on, not listed. */
async function keptLeaves(db: Queryable, table: PlannedTable, discovery: Discovery): Promise<readonly KeptRows[]> {
  if (table.keep === undefined && !discovery.mayBeLater(table)) return [];
  const params = new Params();
  const hits = discovery.hits(table, params);
  if (!hits) return [];
  const { join, later } = laterSql(table, discovery.people, params);
  const parentKey = table.parent ? `t.${table.parent.column}::text` : 'NULL::text';
  const rows = await db.query<{ who: number; parent_key: string | null; later: boolean; count: string }>(
    `SELECT h.who, ${parentKey} AS parent_key, ${later} AS later, count(*) AS count
     FROM (${hits}) h JOIN ${table.sql} t ON t.${table.key} = h.key ${join} ${table.keep === undefined ? `WHERE ${later}` : ''} GROUP BY 1, 2, 3`,
    params.values,
  );
  return rows.map((row) => ({
    who: row.who,
    basis: row.later ? RETURNED_AFTER : (table.keep ?? RETURNED_AFTER),
    count: Number(row.count),
    parentKey: row.parent_key,
    returned: row.later,
  }));
}
