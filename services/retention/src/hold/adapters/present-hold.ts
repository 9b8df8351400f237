import { FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import type { HoldRow } from './hold.store.js';
import { wordsOf } from './hold-words.js';

interface TargetRow {
  readonly dispatch_id: string;
  readonly data_store: string;
  readonly state: string;
  readonly already_erased: boolean | null;
}

/**
 * Holds with what the stores answered: a store may have erased the person before the hold came, and that is said.
 * @param reader opens what the officer wrote; left out for those it is not for, and for answers that are kept
 */
export async function presentHolds(tx: Tx, rows: readonly HoldRow[], reader?: FieldVault): Promise<readonly unknown[]> {
  const targets = await tx.query<TargetRow>(
    `SELECT dispatch_id, data_store, state, (evidence->'body'->>'alreadyErased')::boolean AS already_erased
       FROM dispatch_target WHERE dispatch_id = ANY($1) ORDER BY data_store`,
    [rows.map((row) => row.dispatch_id)],
  );
  const words = reader && (await wordsOf(reader, tx.tenant, rows));
  return rows.map((row, i) => {
    const own = targets.filter((target) => target.dispatch_id === row.dispatch_id);
    return {
      id: row.id,
      state: row.released_at ? 'released' : 'standing',
      ref: row.ref,
      categories: row.categories,
      ...words?.[i],
      placedAt: row.placed_at,
      placedBy: row.placed_by,
      dispatchId: row.dispatch_id,
      releasedAt: row.released_at,
      releasedBy: row.released_by,
      releaseDispatchId: row.release_dispatch_id,
      stores: own.map((target) => ({ dataStore: target.data_store, state: target.state })),
      alreadyErased: own.filter((target) => target.already_erased).map((target) => target.data_store),
    };
  });
}
