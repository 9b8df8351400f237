import { mergeEvidence } from '@heed/connector-spi';
import type { ErasureResult, ErasureTarget, Trail } from '@heed/connector-spi';
import type { Plan, PlannedTable } from '../map/plan.js';
import { Params } from '../sql.js';
import type { Queryable } from '../sql.js';
import { Discovery } from './discover.js';
import { laterSql } from './hits.js';
import { Kept } from './kept.js';
import { peopleOf } from './people.js';

/**
 * Erases what may go, children first, at most `chunkRows` rows: a person with a million rows must neither hold locks
 * for minutes nor lose all progress to a crash. What is left is found again by the next call, after this one's commit.
 */
export async function eraseBatch(db: Queryable, plan: Plan, targets: readonly ErasureTarget[], chunkRows: number): Promise<readonly ErasureResult[]> {
  const [clock] = await db.query<{ now: Date }>('SELECT now()');
  const began = (clock?.now ?? new Date()).toISOString();
  const discovery = await new Discovery(plan, peopleOf(targets), targets.map((t) => t.trail)).run(db);
  const kept = new Kept();
  const erased = new Map<string, Map<number, number>>();
  let budget = chunkRows;
  let complete = true;
  for (const table of [...plan.tables].reverse()) {
    // Leaves first go, then what is left of them is counted: the other way round, every chunk would count them all.
    const leaf = !discovery.rows.has(table.name);
    if (!leaf) await kept.visit(db, table, discovery);
    const counts = leaf ? await eraseLeaves(db, table, discovery, budget) : await eraseListed(db, plan, table, discovery, kept, budget);
    erased.set(table.name, counts.byPerson);
    budget -= counts.rows;
    complete = !counts.exhausted;
    if (!complete) break;
    if (leaf) await kept.visit(db, table, discovery);
  }
  const total = (who: number): number => [...erased.values()].reduce((sum, byPerson) => sum + (byPerson.get(who) ?? 0), 0);
  return targets.map((target, who) => ({
    dispatchId: target.dispatchId,
    complete,
    large: !complete && total(who) >= chunkRows / 10,
    tables: mergeEvidence(
      target.tables,
      plan.tables.map((t) => ({ table: t.name, rows: erased.get(t.name)?.get(who) ?? 0, residue: 0, kept: kept.of(t.name, who) })),
    ),
    trail: { ...trailOf(target.trail, discovery, kept, who), since: target.trail.since ?? began },
  }));
}

interface Erased {
  readonly byPerson: Map<number, number>;
  readonly rows: number;
  /** More is there, and this call has done its share. False when nothing went although it was asked to: no loop. */
  readonly exhausted: boolean;
}

const NOTHING: Erased = { byPerson: new Map(), rows: 0, exhausted: false };

async function eraseLeaves(db: Queryable, table: PlannedTable, discovery: Discovery, budget: number): Promise<Erased> {
  const params = new Params();
  const hits = table.keep === undefined ? discovery.hits(table, params, { repeated: true }) : undefined;
  if (!hits) return NOTHING;
  const { join, later } = laterSql(table, discovery.people, params);
  const rowJoin = table.createdAt === undefined ? '' : `JOIN ${table.sql} t ON t.${table.key} = h.key`;
  const counts = await db.query<{ who: number; count: string; doomed: string; gone: string }>(
    `WITH found AS MATERIALIZED (SELECT h.who, h.key FROM (${hits}) h ${rowJoin} ${join} WHERE NOT ${later} LIMIT ${params.add(budget)}),
     doomed AS MATERIALIZED (SELECT DISTINCT who, key FROM found),
     gone AS (DELETE FROM ${table.sql} t WHERE t.${table.key} = ANY (ARRAY(SELECT key FROM doomed)) RETURNING t.${table.key} AS key)
     SELECT d.who, count(*) AS count, (SELECT count(*) FROM found) AS doomed, (SELECT count(*) FROM gone) AS gone
     FROM doomed d JOIN gone g ON g.key = d.key GROUP BY d.who`,
    params.values,
  );
  return {
    byPerson: new Map(counts.map((c) => [c.who, Number(c.count)])),
    rows: Number(counts[0]?.gone ?? 0),
    exhausted: Number(counts[0]?.doomed ?? 0) >= budget,
  };
}

async function eraseListed(db: Queryable, plan: Plan, table: PlannedTable, discovery: Discovery, kept: Kept, budget: number): Promise<Erased> {
  const staying = kept.keys.get(table.name);
  const people = new Map<string, number[]>();
  for (const row of discovery.rows.get(table.name) ?? []) {
    if (!staying?.has(row.key)) people.set(row.key, [...(people.get(row.key) ?? []), row.who]);
  }
  const keys = [...people.keys()].slice(0, budget);
  if (keys.length === 0) return { ...NOTHING, exhausted: people.size > 0 };
  for (const child of table.children.flatMap((name) => plan.byName.get(name) ?? [])) {
    if (!child.parent || !kept.cutOff.has(child.name)) continue;
    const { sql, parent } = child;
    await db.query(`UPDATE ${sql} SET ${parent.column} = NULL WHERE ${parent.column} = ANY ($1::${parent.columnType}[])`, [keys]);
  }
  const gone = await db.query<{ key: string }>(
    `DELETE FROM ${table.sql} t WHERE t.${table.key} = ANY ($1::${table.keyType}[]) RETURNING t.${table.key}::text AS key`,
    [keys],
  );
  const byPerson = new Map<number, number>();
  for (const { key } of gone) for (const who of people.get(key) ?? []) byPerson.set(who, (byPerson.get(who) ?? 0) + 1);
  return { byPerson, rows: gone.length, exhausted: people.size > keys.length && gone.length > 0 };
}

/** Keys met now and before. Rows of who came back are theirs from now on: they are not looked for again. */
function trailOf(before: Trail, discovery: Discovery, kept: Kept, who: number): Trail {
  const keys: Record<string, string[]> = Object.fromEntries(Object.entries(before.keys).map(([table, list]) => [table, [...list]]));
  const stayed: Record<string, string[]> = {};
  for (const [table, rows] of discovery.rows) {
    const mine = rows.filter((row) => row.who === who && !row.later).map((row) => row.key);
    if (mine.length > 0) keys[table] = [...new Set([...(keys[table] ?? []), ...mine])];
    const staying = mine.filter((key) => kept.keys.get(table)?.has(key) === true);
    if (staying.length > 0) stayed[table] = staying;
  }
  return { keys, kept: stayed };
}
