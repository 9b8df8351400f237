import { resealValues } from '@heed/key-store';
import type { OwnedValue, Resealable } from '@heed/key-store';
import { placeOf } from './hold-words.js';

interface Row {
  readonly id: string;
  readonly matter: Buffer | null;
  readonly reason: Buffer | null;
  readonly release_note: Buffer | null;
}

/** What officers wrote about holds under new keys of the holds' own. */
export const sealedHolds: Resealable = {
  name: 'hold',
  async nextBatch(tx, { after, before, limit }) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM hold WHERE substring(coalesce(matter, reason, release_note) FROM 2 FOR 16) < $2 AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $3`,
      [after ?? null, before, limit],
    );
    return rows.map((row) => row.id);
  },
  async reseal(tx, ids, vault) {
    const rows = await tx.query<Row>('SELECT id, matter, reason, release_note FROM hold WHERE id = ANY($1) ORDER BY id FOR UPDATE', [ids]);
    const values = rows.flatMap(({ id, matter, reason, release_note: note }): OwnedValue[] => {
      // A hold that came back from its ledger has no words but those of its release.
      const value = (field: 'matter' | 'reason' | 'release-note', sealed: Buffer | null): OwnedValue[] => (sealed ? [{ owner: id, place: placeOf(tx.tenant, id, field), sealed }] : []);
      return [...value('matter', matter), ...value('reason', reason), ...value('release-note', note)];
    });
    const { sealed, former } = await resealValues(vault, tx.tenant, values);
    const of = (id: string, field: string): Buffer | null => sealed[values.findIndex((value) => value.owner === id && value.place.field === field)] ?? null;
    await tx.query(
      `UPDATE hold h SET matter = n.matter, reason = n.reason, release_note = n.note
         FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[]) AS n(id, matter, reason, note) WHERE h.id = n.id`,
      [rows.map((row) => row.id), ...['matter', 'reason', 'release-note'].map((field) => rows.map((row) => of(row.id, field)))],
    );
    return former;
  },
};
