import { resealValues } from '@heed/key-store';
import type { FieldVault, Reindexable, Resealable } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { INDEX_LOCK } from './identifier-index.js';
import { placeOf } from './sealed-identifiers.js';

/** Whoever is writing holds the lock shared for a moment; who has to wait longer than this tries again later. */
const PATIENCE = '5s';

interface Row {
  /** Whose it is sealed as: they may be merged with others now, and part again. */
  readonly owner: string;
  readonly type: string;
  readonly blind: Buffer;
  readonly sealed: Buffer;
}

/** People's identifiers under new keys of their own. */
export const sealedIdentifiers: Resealable = {
  name: 'identifier',
  async nextBatch(tx, { after, before, limit }) {
    const rows = await tx.query<{ ref: string }>(
      `SELECT DISTINCT ref FROM identifier WHERE ref > $1 AND substring(sealed FROM 2 FOR 16) < $2 ORDER BY ref LIMIT $3`,
      [after ?? '', before, limit],
    );
    return rows.map((row) => row.ref);
  },
  async reseal(tx, refs, vault) {
    await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE', [refs]); // against their erasure
    const rows = await tx.query<Row>(
      'SELECT coalesce(origin, ref) AS owner, type, blind, sealed FROM identifier WHERE ref = ANY($1) ORDER BY type, blind FOR UPDATE',
      [refs],
    );
    const { sealed, former } = await resealValues(vault, tx.tenant, rows.map(({ owner, type, sealed: before }) => ({ owner, place: placeOf(tx.tenant, owner, type), sealed: before })));
    await tx.query(
      'UPDATE identifier i SET sealed = n.sealed FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS n(type, blind, sealed) WHERE i.type = n.type AND i.blind = n.blind',
      [rows.map((row) => row.type), rows.map((row) => row.blind), sealed],
    );
    return former;
  },
};

/** People's identifiers under the hashes of a new key. */
export const indexedIdentifiers: Reindexable = {
  async begin(tx, epoch) {
    await tx.query(`SELECT set_config('lock_timeout', '${PATIENCE}', true)`);
    await tx.query(`SELECT pg_advisory_xact_lock(${INDEX_LOCK}, hashtext(current_schema()))`);
    await tx.query('UPDATE blind_index SET epoch = $1 WHERE epoch < $1', [epoch]);
  },
  async moveSome(tx, epoch, limit, vault) {
    const rows = await tx.query<Row>(
      'SELECT coalesce(origin, ref) AS owner, type, blind, sealed FROM identifier WHERE epoch < $1 ORDER BY type, blind LIMIT $2 FOR UPDATE',
      [epoch, limit],
    );
    if (rows.length > 0) await move(tx, epoch, rows, vault);
    return rows.length;
  },
};

async function move(tx: Tx, epoch: number, rows: readonly Row[], vault: FieldVault): Promise<void> {
  const index = (await vault.indexes(tx.tenant)).all.find((one) => one.epoch === epoch);
  if (!index) throw new Error(`no key of epoch ${epoch}`);
  const values = await vault.open(tx.tenant, rows.map(({ owner, type, sealed }) => ({ place: placeOf(tx.tenant, owner, type), sealed })));
  const blinds = rows.map(({ type, blind }, i) => (values[i] === undefined ? blind : index.of(type, values[i])));
  await tx.query(
    `UPDATE identifier i SET blind = n.fresh, epoch = $4 FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS n(type, blind, fresh)
      WHERE i.type = n.type AND i.blind = n.blind`,
    [rows.map((row) => row.type), rows.map((row) => row.blind), blinds, epoch],
  );
}
