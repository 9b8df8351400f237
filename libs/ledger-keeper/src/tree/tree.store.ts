import type { ReadTile, Tile } from '@heed/ledger';
import type { Tx } from '@heed/persistence';

/** How far a tenant's ledger is. */
export interface LedgerHead {
  readonly size: number;
  readonly root: Buffer;
  /** Leaves under the newest checkpoint. */
  readonly signedSize: number;
  readonly pruned: { readonly to: number; readonly before: Date | null; readonly by: string | null };
}

/** A signed size of the ledger. */
export interface KeptCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly madeAt: Date;
}

interface HeadRow {
  readonly size: string;
  readonly root: Buffer;
  readonly signed_size: string;
  readonly pruned_to: string;
  readonly pruned_before: Date | null;
  readonly pruned_by: string | null;
}

export async function readHead(tx: Tx): Promise<LedgerHead> {
  const [row] = await tx.query<HeadRow>('SELECT size, root, signed_size, pruned_to, pruned_before, pruned_by FROM ledger_head');
  if (!row) throw new Error(`the ledger of ${tx.tenant} has no head`);
  const pruned = { to: Number(row.pruned_to), before: row.pruned_before, by: row.pruned_by };
  return { size: Number(row.size), root: row.root, signedSize: Number(row.signed_size), pruned };
}

/** The newest checkpoint; undefined before the first. */
export async function newestCheckpoint(tx: Tx): Promise<KeptCheckpoint | undefined> {
  const [row] = await tx.query<{ size: string; root: Buffer; note: string; made_at: Date }>(
    'SELECT size, root, note, made_at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1',
  );
  return row && { size: Number(row.size), root: row.root, note: row.note, madeAt: row.made_at };
}

/** Reads the tenant's tiles in this transaction. */
export function tilesOfTenant(tx: Tx): ReadTile {
  return async (tiles) => {
    const rows = await tx.query<{ hashes: Buffer | null }>(
      `SELECT t.hashes FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS w(level, index, o)
         LEFT JOIN ledger_tile t ON t.level = w.level AND t.index = w.index ORDER BY w.o`,
      [tiles.map((tile) => tile.level), tiles.map((tile) => tile.index)],
    );
    return rows.map(({ hashes }) => hashes ?? Buffer.alloc(0));
  };
}

/** The last record that has a place, in the order in which records are looked for. */
export interface LastPlaced {
  readonly tx: string;
  readonly id: string;
  readonly cluster: string;
}

/**
 * Who has which place, the tiles that grew by it and the head, in one statement.
 * @param last where the next search begins; where it was, if not said
 */
export async function place(
  tx: Tx,
  from: number,
  ids: readonly string[],
  grown: { readonly size: number; readonly root: Buffer; readonly tiles: readonly Tile[] },
  last?: LastPlaced,
): Promise<void> {
  await tx.query(
    `WITH leaves AS (INSERT INTO ledger_leaf (index, entry_id) SELECT $1::bigint + o - 1, i FROM unnest($2::uuid[]) WITH ORDINALITY AS p(i, o)),
          tiles AS (INSERT INTO ledger_tile (level, index, hashes) SELECT * FROM unnest($3::smallint[], $4::bigint[], $5::bytea[])
                    ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes)
     UPDATE ledger_head SET size = $6, root = $7, last_tx = coalesce($8::xid8, last_tx), last_id = coalesce($9, last_id), cluster = coalesce($10, cluster)`,
    [
      from, ids, grown.tiles.map((t) => t.level), grown.tiles.map((t) => t.index), grown.tiles.map((t) => t.hashes), grown.size, grown.root,
      last?.tx ?? null, last?.id ?? null, last?.cluster ?? null,
    ],
  );
}

/** Notes how far was looked, where nothing got a place by it. */
export async function lookedTo(tx: Tx, { tx: lastTx, id, cluster }: LastPlaced): Promise<void> {
  await tx.query('UPDATE ledger_head SET last_tx = $1::xid8, last_id = $2, cluster = $3', [lastTx, id, cluster]);
}
