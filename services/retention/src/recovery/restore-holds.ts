import type { LostDispatch } from '@heed/fanout';
import type { PolicyPack } from '@heed/policy';
import { addDuration, calendarOf } from '@heed/policy';
import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';

const placed = z.object({ holdId: z.uuid(), dispatchId: z.string(), categories: z.union([z.literal('all'), z.array(z.string())]), actor: z.string() });
const extended = z.object({ holdId: z.uuid(), dispatchId: z.string(), categories: placed.shape.categories, aliases: z.array(z.string()) });
const released = z.object({ holdId: z.uuid(), dispatchId: z.string(), actor: z.string() });
const answered = z.object({ clearanceId: z.uuid(), dispatchId: z.string(), attempt: z.int(), holdIds: z.array(z.uuid()) });

interface Act<T> {
  readonly ref: string;
  readonly at: string;
  readonly data: T;
}

function acts<S extends z.ZodType>({ records }: Lost, kinds: readonly string[], shape: S): readonly Act<z.output<S>>[] {
  return records.flatMap((record) => {
    const parsed = kinds.includes(record.kind) && record.ref !== undefined ? shape.safeParse(record.data) : undefined;
    return parsed?.success ? [{ ref: record.ref ?? '', at: record.at, data: parsed.data }] : [];
  });
}

export interface LostHolds {
  readonly placed: readonly Act<z.output<typeof placed>>[];
  /** To other refs of the same person. */
  readonly extended: readonly Act<z.output<typeof extended>>[];
  readonly released: readonly Act<z.output<typeof released>>[];
  readonly answered: readonly Act<z.output<typeof answered>>[];
}

export const lostHolds = (lost: Lost): LostHolds => ({
  placed: acts(lost, ['hold.placed'], placed),
  extended: acts(lost, ['hold.extended'], extended),
  released: acts(lost, ['hold.released'], released),
  answered: acts(lost, ['clearance.given', 'clearance.held'], answered),
});

/** Holds stand again, without the words that stood in that database alone, and what was said to who wanted to destroy. */
export async function restoreHolds(tx: Tx, lost: LostHolds): Promise<void> {
  const refs = [...new Set([...lost.placed, ...lost.released, ...lost.answered].map(({ ref }) => ref))];
  await tx.query('INSERT INTO person (ref, version) SELECT r, 0 FROM unnest($1::text[]) AS r ORDER BY r ON CONFLICT (ref) DO NOTHING', [refs]);
  await tx.query(
    `INSERT INTO hold (id, ref, categories, dispatch_id, placed_at, placed_by)
     SELECT h."holdId", h.ref, h.categories, h."dispatchId", h.at, h.actor
       FROM jsonb_to_recordset($1::jsonb) AS h("holdId" uuid, ref text, categories jsonb, "dispatchId" text, at timestamptz, actor text)
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(lost.placed.map(({ ref, at, data }) => ({ ref, at, ...data })))],
  );
  for (const { data } of lost.extended) {
    await tx.query('UPDATE hold SET dispatch_id = $2, aliases = ARRAY(SELECT DISTINCT unnest(aliases || $3::text[])) WHERE id = $1', [data.holdId, data.dispatchId, data.aliases]);
  }
  await tx.query(
    `UPDATE hold SET released_at = r.at, released_by = r.actor, release_dispatch_id = r."dispatchId"
       FROM jsonb_to_recordset($1::jsonb) AS r("holdId" uuid, at timestamptz, actor text, "dispatchId" text) WHERE hold.id = r."holdId" AND released_at IS NULL`,
    [JSON.stringify(lost.released.map(({ at, data }) => ({ at, ...data })))],
  );
  await tx.query(
    `INSERT INTO clearance (id, dispatch_id, attempt, ref, hold_ids, answered_at)
     SELECT c."clearanceId", c."dispatchId", c.attempt, c.ref, c."holdIds", c.at
       FROM jsonb_to_recordset($1::jsonb) AS c("clearanceId" uuid, "dispatchId" text, attempt int, ref text, "holdIds" uuid[], at timestamptz)
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(lost.answered.map(({ ref, at, data }) => ({ ref, at, ...data })))],
  );
}

/** What the dispatches were sent to knows: other refs of the same person, and how far the versions are. */
export async function restoreAliases(tx: Tx, { placed: own }: LostHolds): Promise<void> {
  await tx.query('UPDATE hold h SET aliases = ARRAY(SELECT DISTINCT unnest(h.aliases || d.aliases)) FROM dispatch d WHERE d.id = h.dispatch_id AND h.id = ANY($1)', [own.map(({ data }) => data.holdId)]);
  await tx.query('UPDATE dispatch SET effective = false WHERE id IN (SELECT dispatch_id FROM hold WHERE released_at IS NOT NULL) AND effective');
  await tx.query('UPDATE person p SET version = GREATEST(p.version, d.version) FROM (SELECT ref, max(version) AS version FROM dispatch GROUP BY ref) AS d WHERE d.ref = p.ref');
}

/** @param versionOf the next version of a person, for what never left */
export function dispatchesOf(pack: PolicyPack, lost: LostHolds, versionOf: (ref: string) => number): readonly LostDispatch[] {
  const dueAt = (at: string): Date => addDuration(new Date(at), pack.operations.acknowledgementDue.value, calendarOf(pack));
  return [
    ...[...lost.placed, ...lost.extended].map(({ ref, at, data }): LostDispatch => ({
      id: data.dispatchId, kind: 'hold', ref, version: versionOf(ref), createdAt: new Date(at), dueAt: dueAt(at), cause: { type: 'hold', id: data.holdId },
      body: { holdId: data.holdId, categories: data.categories },
    })),
    ...lost.released.map(({ ref, at, data }): LostDispatch => ({
      id: data.dispatchId, kind: 'hold_release', ref, version: versionOf(ref), createdAt: new Date(at), dueAt: dueAt(at), cause: { type: 'hold', id: data.holdId },
      body: { holdId: data.holdId },
    })),
  ];
}
