import { resealValues } from '@heed/key-store';
import type { OwnedValue, Resealable } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { placeOf } from './case-vault.js';
import type { CaseField } from './case-vault.js';

interface Row {
  readonly owner: string;
  readonly field: CaseField;
  /** Of a note, its line. */
  readonly seq: string | null;
  readonly sealed: Buffer;
}

/** Cases under new keys of their own: what the person wrote, the notes, and who they are until consent has said it. */
export const sealedCases: Resealable = {
  name: 'request',
  async nextBatch(tx, { after, before, limit }) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM request WHERE key_id IS NOT NULL AND uuid_send(key_id) < $2 AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $3`,
      [after ?? null, before, limit],
    );
    return rows.map((row) => row.id);
  },
  async reseal(tx, ids, vault) {
    const cases = await tx.query<{ id: string; key_id: string | null }>('SELECT id, key_id FROM request WHERE id = ANY($1) ORDER BY id FOR UPDATE', [ids]);
    const rows = await sealedRows(tx, ids);
    const values = rows.map(({ owner, field, sealed }): OwnedValue => ({ owner, place: placeOf(tx.tenant, owner, field), sealed }));
    const { sealed, keyOf } = await resealValues(vault, tx.tenant, values);
    await save(tx, rows, sealed);
    // A case without words gets its key when the first is written.
    await tx.query('UPDATE request r SET key_id = n.key FROM unnest($1::uuid[], $2::uuid[]) AS n(id, key) WHERE r.id = n.id', [
      cases.map(({ id }) => id),
      cases.map(({ id }) => keyOf.get(id) ?? null),
    ]);
    return cases.flatMap(({ key_id: keyId }) => keyId ?? []);
  },
};

function sealedRows(tx: Tx, ids: readonly string[]): Promise<readonly Row[]> {
  return tx.query<Row>(
    `SELECT id AS owner, 'message' AS field, NULL::bigint AS seq, message AS sealed FROM request WHERE id = ANY($1) AND message IS NOT NULL
     UNION ALL SELECT request_id, 'note', seq, note FROM request_event WHERE request_id = ANY($1) AND note IS NOT NULL
     UNION ALL SELECT request_id, 'identifiers', NULL, sealed FROM unresolved_person WHERE request_id = ANY($1)`,
    [ids],
  );
}

async function save(tx: Tx, rows: readonly Row[], sealed: readonly Buffer[]): Promise<void> {
  const of = (field: CaseField): readonly (Row & { readonly fresh: Buffer })[] => rows.flatMap((row, i) => (row.field === field && sealed[i] ? [{ ...row, fresh: sealed[i] }] : []));
  const [messages, notes, people] = [of('message'), of('note'), of('identifiers')];
  await tx.query('UPDATE request r SET message = n.fresh FROM unnest($1::uuid[], $2::bytea[]) AS n(id, fresh) WHERE r.id = n.id', [
    messages.map((row) => row.owner),
    messages.map((row) => row.fresh),
  ]);
  await tx.query('UPDATE request_event e SET note = n.fresh FROM unnest($1::bigint[], $2::bytea[]) AS n(seq, fresh) WHERE e.seq = n.seq', [
    notes.map((row) => row.seq),
    notes.map((row) => row.fresh),
  ]);
  await tx.query('UPDATE unresolved_person u SET sealed = n.fresh FROM unnest($1::uuid[], $2::bytea[]) AS n(id, fresh) WHERE u.request_id = n.id', [
    people.map((row) => row.owner),
    people.map((row) => row.fresh),
  ]);
}
