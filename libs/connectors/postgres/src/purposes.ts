import type { PurposeChange, PurposeResult } from '@heed/connector-spi';
import { peopleOf } from './erasure/people.js';
import type { People } from './erasure/people.js';
import { hitsSql, NO_ROWS } from './erasure/hits.js';
import type { Plan, PlannedPurpose } from './map/plan.js';
import { Params } from './sql.js';
import type { Queryable } from './sql.js';

interface Switch {
  readonly who: number;
  readonly purpose: PlannedPurpose;
}

/** Switches purposes for a batch of people: one statement for the versions, one per mapped column. */
export async function applyPurposes(db: Queryable, s: string, plan: Plan, changes: readonly PurposeChange[]): Promise<readonly PurposeResult[]> {
  const wanted = changes.flatMap((change, who): Switch[] =>
    [...new Set(change.purposes)].flatMap((id) => {
      const purpose = plan.purposes.get(id);
      return purpose ? [{ who, purpose }] : [];
    }),
  );
  const current = await keepVersions(db, s, changes, wanted);
  const people = peopleOf(changes);
  const touched = new Map<string, Map<number, number>>();
  for (const purpose of new Set(current.map((item) => item.purpose))) {
    const who = new Set(current.filter((item) => item.purpose === purpose).map((item) => item.who));
    const byPerson = touched.get(purpose.table.name) ?? new Map<number, number>();
    for (const [person, rows] of await switchColumn(db, purpose, people, changes, who)) byPerson.set(person, (byPerson.get(person) ?? 0) + rows);
    touched.set(purpose.table.name, byPerson);
  }
  return changes.map((change, who) => {
    const mine = wanted.filter((item) => item.who === who);
    const tables = [...new Set(mine.map((item) => item.purpose.table.name))];
    return {
      dispatchId: change.dispatchId,
      superseded: mine.length > 0 && !current.some((item) => item.who === who),
      tables: tables.map((table) => ({ table, rows: touched.get(table)?.get(who) ?? 0, residue: 0, kept: [] })),
    };
  });
}

/** Keeps the versions that are not older than what is known, and answers which those are. */
async function keepVersions(db: Queryable, s: string, changes: readonly PurposeChange[], wanted: readonly Switch[]): Promise<readonly Switch[]> {
  if (wanted.length === 0) return [];
  const of = (item: Switch): PurposeChange => changes[item.who]!;
  const kept = await db.query<{ dispatch_id: string; purpose: string }>(
    `INSERT INTO ${s}.purpose_state AS p (ref, purpose, version, is_on, dispatch_id)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bool[], $5::text[])
     ON CONFLICT (ref, purpose) DO UPDATE SET version = excluded.version, is_on = excluded.is_on, dispatch_id = excluded.dispatch_id
       WHERE excluded.version >= p.version
     RETURNING dispatch_id, purpose`,
    [
      wanted.map((item) => of(item).ref),
      wanted.map((item) => item.purpose.id),
      wanted.map((item) => of(item).version),
      wanted.map((item) => of(item).on),
      wanted.map((item) => of(item).dispatchId),
    ],
  );
  const current = new Set(kept.map((row) => `${row.dispatch_id} ${row.purpose}`));
  return wanted.filter((item) => current.has(`${of(item).dispatchId} ${item.purpose.id}`));
}

async function switchColumn(
  db: Queryable,
  purpose: PlannedPurpose,
  people: People,
  changes: readonly PurposeChange[],
  who: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> {
  const { table, column, columnType } = purpose;
  const params = new Params();
  const hits = hitsSql(table, people, params, { parents: NO_ROWS, known: NO_ROWS });
  if (!hits) return new Map();
  const ids = [...who];
  const wanted = `unnest(${params.add(ids)}::int[], ${params.add(ids.map((id) => changes[id]?.on === true))}::bool[])`;
  // Where two people of a batch share a row (a family's phone number), off wins.
  const rows = await db.query<{ who: number; count: string }>(
    `WITH hit AS MATERIALIZED (SELECT h.who, h.key, w.is_on FROM (${hits}) h JOIN ${wanted} AS w(who, is_on) ON w.who = h.who),
     switched AS (
       UPDATE ${table.sql} t SET ${column} = CASE WHEN f.is_on THEN ${params.add(purpose.on)}::text::${columnType} ELSE ${params.add(purpose.off)}::text::${columnType} END
       FROM (SELECT key, bool_and(is_on) AS is_on FROM hit GROUP BY key) f WHERE t.${table.key} = f.key RETURNING t.${table.key} AS key)
     SELECT hit.who, count(*) AS count FROM hit JOIN switched ON switched.key = hit.key GROUP BY hit.who`,
    params.values,
  );
  return new Map(rows.map((row) => [row.who, Number(row.count)]));
}
