import { resealValues } from '@heed/key-store';
import type { OwnedValue, Reindexable, Resealable } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { placeOf } from './recipient-vault.js';

interface Row {
  readonly id: string;
  readonly email: Buffer;
  readonly name: Buffer | null;
  readonly email_index: Buffer;
}

/** Recipients come, change and are looked up under this lock. */
const lock = (tx: Tx): Promise<unknown> => tx.query('SELECT 1 FROM audience_head FOR UPDATE');

/** Recipients under new keys of their own. */
export const sealedRecipients: Resealable = {
  name: 'recipient',
  async nextBatch(tx, { after, before, limit }) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM recipient WHERE substring(email FROM 2 FOR 16) < $2 AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $3`,
      [after ?? null, before, limit],
    );
    return rows.map((row) => row.id);
  },
  async reseal(tx, ids, vault) {
    await lock(tx);
    const rows = await tx.query<Row>('SELECT id, email, name FROM recipient WHERE id = ANY($1) ORDER BY id FOR UPDATE', [ids]);
    const values = rows.flatMap(({ id, email, name }): OwnedValue[] => {
      const value = (field: 'email' | 'name', sealed: Buffer): OwnedValue => ({ owner: id, place: placeOf(tx.tenant, id, field), sealed });
      return [value('email', email), ...(name ? [value('name', name)] : [])];
    });
    const { sealed, former } = await resealValues(vault, tx.tenant, values);
    const of = (id: string, field: string): Buffer | null => sealed[values.findIndex((value) => value.owner === id && value.place.field === field)] ?? null;
    await tx.query('UPDATE recipient r SET email = n.email, name = n.name FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n(id, email, name) WHERE r.id = n.id', [
      rows.map((row) => row.id),
      ...['email', 'name'].map((field) => rows.map((row) => of(row.id, field))),
    ]);
    return former;
  },
};

/** Recipients' addresses under the hashes of a new key. */
export const indexedRecipients: Reindexable = {
  async begin(tx, epoch) {
    await lock(tx);
    await tx.query('UPDATE audience_head SET epoch = $1 WHERE epoch < $1', [epoch]);
  },
  async moveSome(tx, epoch, limit, vault) {
    await lock(tx);
    const rows = await tx.query<Row>('SELECT id, email, email_index FROM recipient WHERE epoch < $1 ORDER BY id LIMIT $2 FOR UPDATE', [epoch, limit]);
    if (rows.length === 0) return 0;
    const index = (await vault.indexes(tx.tenant)).all.find((one) => one.epoch === epoch);
    if (!index) throw new Error(`no key of epoch ${epoch}`);
    const emails = await vault.open(tx.tenant, rows.map(({ id, email }) => ({ place: placeOf(tx.tenant, id, 'email'), sealed: email })));
    const hashes = rows.map((row, i) => (emails[i] === undefined ? row.email_index : index.of('email', emails[i].toLowerCase())));
    await tx.query('UPDATE recipient r SET email_index = n.hash, epoch = $3 FROM unnest($1::uuid[], $2::bytea[]) AS n(id, hash) WHERE r.id = n.id', [
      rows.map((row) => row.id),
      hashes,
      epoch,
    ]);
    return rows.length;
  },
};
