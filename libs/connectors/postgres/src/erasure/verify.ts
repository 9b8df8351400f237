import type { ErasureTarget, Verification } from '@heed/connector-spi';
import type { Plan, PlannedTable } from '../map/plan.js';
import { Params } from '../sql.js';
import type { Queryable } from '../sql.js';
import { Discovery } from './discover.js';
import { laterSql } from './hits.js';
import { peopleOf } from './people.js';

/**
 * Looks again, with the same identifiers and with every key met on the way, for rows that nothing explains: what a
 * trigger, a queue or a sync job has brought back, and what the erasure missed.
 */
export async function verifyBatch(db: Queryable, plan: Plan, targets: readonly ErasureTarget[]): Promise<readonly Verification[]> {
  const discovery = await new Discovery(plan, peopleOf(targets), targets.map((t) => t.trail)).run(db);
  const residue = new Map<string, ReadonlyMap<number, number>>();
  for (const table of plan.tables) {
    if (table.keep !== undefined) continue; // whatever is there stays on the map's own basis
    residue.set(table.name, discovery.rows.has(table.name) ? listedResidue(table, targets, discovery) : await leafResidue(db, table, discovery));
  }
  return targets.map((target, who) => {
    const earlier = new Map(target.tables.map((t) => [t.table, t]));
    const tables = plan.tables.map((t) => ({
      table: t.name,
      rows: earlier.get(t.name)?.rows ?? 0,
      residue: residue.get(t.name)?.get(who) ?? 0,
      kept: [...(earlier.get(t.name)?.kept ?? [])],
    }));
    return { dispatchId: target.dispatchId, tables, read: true };
  });
}

function listedResidue(table: PlannedTable, targets: readonly ErasureTarget[], discovery: Discovery): ReadonlyMap<number, number> {
  const explained = targets.map((target) => new Set(target.trail.kept[table.name] ?? []));
  const counts = new Map<number, number>();
  for (const row of discovery.rows.get(table.name) ?? []) {
    if (!row.later && explained[row.who]?.has(row.key) !== true) counts.set(row.who, (counts.get(row.who) ?? 0) + 1);
  }
  return counts;
}

async function leafResidue(db: Queryable, table: PlannedTable, discovery: Discovery): Promise<ReadonlyMap<number, number>> {
  const params = new Params();
  const hits = discovery.hits(table, params);
  if (!hits) return new Map();
  const { join, later } = laterSql(table, discovery.people, params);
  const rowJoin = table.createdAt === undefined ? '' : `JOIN ${table.sql} t ON t.${table.key} = h.key`;
  const counts = await db.query<{ who: number; count: string }>(
    `SELECT h.who, count(*) AS count FROM (${hits}) h ${rowJoin} ${join} WHERE NOT ${later} GROUP BY h.who`,
    params.values,
  );
  return new Map(counts.map((c) => [c.who, Number(c.count)]));
}
