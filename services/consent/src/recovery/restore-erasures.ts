import { keyIdOf } from '@heed/crypto';
import { orderShreds } from '@heed/key-store';
import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';

const recorded = z.object({ requestId: z.uuid(), aliases: z.array(z.string()), asOf: z.iso.datetime() });

interface LostErasure {
  readonly requestId: string;
  readonly ref: string;
  readonly aliases: readonly string[];
  readonly asOf: string;
  readonly state: 'erased' | 'kept';
  readonly at: string;
}

function lostErasures({ records }: Lost): readonly LostErasure[] {
  return records.flatMap(({ kind, ref, at, data }) => {
    const state = ({ 'person.erased': 'erased', 'person.kept': 'kept' } as const)[kind];
    const parsed = recorded.safeParse(data);
    return state && ref !== undefined && parsed.success ? [{ ...parsed.data, ref, state, at }] : [];
  });
}

/**
 * Forgets again whom the copy knows: their identifiers go before anything is served, and the keys that these were sealed
 * under.
 * @returns how many people, and how many of their identifiers had come back
 */
export async function restoreErasures(tx: Tx, lost: Lost): Promise<{ people: number; identifiers: number }> {
  const erasures = lostErasures(lost);
  if (erasures.length === 0) return { people: 0, identifiers: 0 };
  await tx.query(
    `INSERT INTO erasure_task AS t (request_id, ref, aliases, as_of, closed_at, state, finished_at)
     SELECT "requestId", ref, aliases, "asOf", at, state, at
       FROM jsonb_to_recordset($1::jsonb) AS e("requestId" uuid, ref text, aliases text[], "asOf" timestamptz, state text, at timestamptz)
     ON CONFLICT (request_id) DO UPDATE SET ref = excluded.ref, aliases = excluded.aliases, as_of = excluded.as_of,
       state = excluded.state, finished_at = excluded.finished_at`,
    [JSON.stringify(erasures)],
  );
  const gone = erasures.filter(({ state }) => state === 'erased').flatMap(({ ref, aliases, at }) => [ref, ...aliases].map((one) => ({ ref: one, at })));
  const identifiers = await tx.query<{ ref: string; sealed: Buffer }>('DELETE FROM identifier WHERE ref = ANY($1) RETURNING ref, sealed', [gone.map(({ ref }) => ref)]);
  // Were their keys changed between the copy and the erasure, these are other keys than the list of shreds has.
  await orderShreds(tx, identifiers.map(({ ref, sealed }) => ({ keyIds: [keyIdOf(sealed)], ref, reason: 'person_erased' })));
  await tx.query(
    'UPDATE subject s SET erased_at = coalesce(s.erased_at, g.at) FROM jsonb_to_recordset($1::jsonb) AS g(ref text, at timestamptz) WHERE s.ref = g.ref',
    [JSON.stringify(gone)],
  );
  return { people: gone.length, identifiers: identifiers.length };
}
