import type { FieldVault, Place } from '@heed/key-store';
import type { HoldRow } from './hold.store.js';

/** What an officer wrote about a hold. */
export interface HoldWords {
  readonly matter: string | null;
  readonly reason: string | null;
  readonly releaseNote: string | null;
}

type Field = 'matter' | 'reason' | 'release-note';

export const placeOf = (tenant: string, holdId: string, field: Field): Place => ({ tenant, subject: holdId, type: 'hold', field });

/** The words of holds, in their order, by one query for the keys at most; null where there are none, or not any more. */
export async function wordsOf(vault: FieldVault, tenant: string, rows: readonly HoldRow[]): Promise<readonly HoldWords[]> {
  const items = rows.flatMap(({ id, matter, reason, release_note: note }) => [
    ...(matter ? [{ id, field: 'matter' as const, sealed: matter }] : []),
    ...(reason ? [{ id, field: 'reason' as const, sealed: reason }] : []),
    ...(note ? [{ id, field: 'release-note' as const, sealed: note }] : []),
  ]);
  const opened = await vault.open(tenant, items.map(({ id, field, sealed }) => ({ place: placeOf(tenant, id, field), sealed })));
  const words = new Map(items.map(({ id, field }, i) => [`${id} ${field}`, opened[i]]));
  const said = (id: string, field: Field): string | null => words.get(`${id} ${field}`) ?? null;
  return rows.map(({ id }) => ({ matter: said(id, 'matter'), reason: said(id, 'reason'), releaseNote: said(id, 'release-note') }));
}
