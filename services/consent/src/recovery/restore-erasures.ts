import { keyIdOf } from '@heed/crypto';
import { orderShreds } from '@heed/key-store';
import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import { forgetTraces } from '../erasure/forget-traces.js';

const recorded = z.object({ requestId: z.uuid(), aliases: z.array(z.string()), asOf: z.iso.datetime() });

/** By what somebody was found who is forgotten again, and when they were erased. */
export interface ForgottenIdentifier {
  readonly type: string;
  readonly blind: Buffer;
  readonly at: Date;
}

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
 * @returns how many people, and which of their identifiers had come back
 */
export async function restoreErasures(tx: Tx, lost: Lost): Promise<{ readonly people: number; readonly identifiers: readonly ForgottenIdentifier[] }> {
  const erasures = lostErasures(lost);
  if (erasures.length === 0) return { people: 0, identifiers: [] };
  await tx.query(
    `INSERT INTO erasure_task AS t (request_id, ref, aliases, as_of, closed_at, state, finished_at)
     SELECT "requestId", ref, aliases, "asOf", at, state, at
       FROM jsonb_to_recordset($1::jsonb) AS e("requestId" uuid, ref text, aliases text[], "asOf" timestamptz, state text, at timestamptz)
     ON CONFLICT (request_id) DO UPDATE SET ref = excluded.ref, aliases = excluded.aliases, as_of = excluded.as_of,
       state = excluded.state, finished_at = excluded.finished_at`,
    [JSON.stringify(erasures)],
  );
  const gone = erasures.filter(({ state }) => state === 'erased').flatMap(({ ref, aliases, at }) => [ref, ...aliases].map((one) => ({ ref: one, at })));
  const erasedAt = new Map(gone.map(({ ref, at }) => [ref, new Date(at)]));
  const refs = [...erasedAt.keys()];
  const identifiers = await tx.query<{ ref: string; type: string; blind: Buffer; sealed: Buffer }>(
    'DELETE FROM identifier WHERE ref = ANY($1) RETURNING ref, type, blind, sealed',
    [refs],
  );
  await forgetTraces(tx, refs);
  // Were their keys changed between the copy and the erasure, these are other keys than the list of shreds has.
  await orderShreds(tx, identifiers.map(({ ref, sealed }) => ({ keyIds: [keyIdOf(sealed)], ref, reason: 'person_erased' })));
  await tx.query(
    'UPDATE subject s SET erased_at = coalesce(s.erased_at, g.at) FROM jsonb_to_recordset($1::jsonb) AS g(ref text, at timestamptz) WHERE s.ref = g.ref',
    [JSON.stringify(gone)],
  );
  return { people: refs.length, identifiers: identifiers.map(({ ref, type, blind }) => ({ type, blind, at: erasedAt.get(ref) ?? tx.clock.now() })) };
}
