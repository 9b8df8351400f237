import type { HoldPlacement, HoldResult } from '@heed/connector-spi';
import type { Queryable } from './sql.js';

const pairs = (holds: readonly HoldPlacement[]): [holdIds: string[], refs: string[]] => {
  const all = [...new Map(holds.flatMap((hold) => hold.refs.map((ref) => [`${hold.holdId} ${ref}`, { holdId: hold.holdId, ref }]))).values()];
  return [all.map((pair) => pair.holdId), all.map((pair) => pair.ref)];
};

/** A release that came first leaves its mark, so that the hold it ends does not stand for ever. */
export async function placeHolds(db: Queryable, s: string, holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]> {
  if (holds.length === 0) return [];
  await db.query(`INSERT INTO ${s}.hold (hold_id, ref) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING`, pairs(holds));
  const flat = holds.flatMap((hold, place) => hold.refs.map((ref) => ({ place, ref, holdId: hold.holdId })));
  const rows = await db.query<{ place: number; released: boolean; erased: boolean }>(
    `SELECT h.place,
            bool_or(EXISTS (SELECT 1 FROM ${s}.hold x WHERE x.hold_id = h.hold_id AND x.released)) AS released,
            bool_or(EXISTS (SELECT 1 FROM ${s}.journal j WHERE j.kind = 'erasure' AND j.row_count > 0 AND j.ref = h.ref)
                 OR EXISTS (SELECT 1 FROM ${s}.journal j WHERE j.kind = 'erasure' AND j.aliases <> '{}' AND j.row_count > 0 AND j.aliases @> ARRAY[h.ref])) AS erased
     FROM unnest($1::int[], $2::text[], $3::uuid[]) AS h(place, ref, hold_id) GROUP BY h.place`,
    [flat.map((f) => f.place), flat.map((f) => f.ref), flat.map((f) => f.holdId)],
  );
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return holds.map((hold, place) => ({
    dispatchId: hold.dispatchId,
    superseded: byPlace.get(place)?.released === true,
    alreadyErased: byPlace.get(place)?.erased === true,
  }));
}

export async function releaseHolds(db: Queryable, s: string, holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]> {
  if (holds.length === 0) return [];
  const [holdIds, refs] = pairs(holds);
  // The hold may have been placed under other refs than the release names.
  await db.query(
    `WITH released AS (UPDATE ${s}.hold SET released = true WHERE hold_id = ANY ($1::uuid[]) AND NOT released)
     INSERT INTO ${s}.hold (hold_id, ref, released) SELECT u.hold_id, u.ref, true FROM unnest($1::uuid[], $2::text[]) AS u(hold_id, ref)
     ON CONFLICT DO NOTHING`,
    [holdIds, refs],
  );
  return holds.map((hold) => ({ dispatchId: hold.dispatchId, superseded: false, alreadyErased: false }));
}

/** A hold on any ref of the person holds the person, and a hold on part of their data holds all of it. */
export async function heldDispatches(
  db: Queryable,
  s: string,
  people: readonly { readonly dispatchId: string; readonly refs: readonly string[] }[],
): Promise<ReadonlySet<string>> {
  const flat = people.flatMap((person) => person.refs.map((ref) => ({ dispatchId: person.dispatchId, ref })));
  if (flat.length === 0) return new Set();
  const rows = await db.query<{ dispatch_id: string }>(
    `SELECT DISTINCT u.dispatch_id FROM unnest($1::text[], $2::text[]) AS u(dispatch_id, ref) JOIN ${s}.hold h ON h.ref = u.ref AND NOT h.released`,
    [flat.map((f) => f.dispatchId), flat.map((f) => f.ref)],
  );
  return new Set(rows.map((row) => row.dispatch_id));
}
