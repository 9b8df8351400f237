import { appendLeaves, recordHash, rootAt } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import { place, tilesOfTenant } from '@heed/ledger-keeper';
import type { Tx } from '@heed/persistence';
import { forked } from './ledger-gap.js';
import type { LedgerGap } from './ledger-gap.js';

/** Records at once: far below what a statement takes, and their tiles are written once. */
const BATCH = 5000;

/**
 * Continues the tree exactly as it was: the same records at the same places, so that every checkpoint that anybody has is
 * consistent with what is signed from now on.
 * @returns the records whose effects are missing: a copy that was made while transactions ran also holds records that had no
 *   place yet, and what they tell of with them
 * @throws HeedError `ledger_forked` where the copy, or what Kafka has, is not what was signed
 */
export async function continueLedger(tx: Tx, gap: LedgerGap, records: readonly LedgerRecord[]): Promise<readonly LedgerRecord[]> {
  let size = gap.from;
  const missing: LedgerRecord[] = [];
  for (let at = 0; at < records.length; at += BATCH) {
    const some = records.slice(at, at + BATCH);
    const added = await keepEntries(tx, some);
    for (const record of some) if (added.has(record.id)) missing.push(record);
    const grown = await appendLeaves(size, some.map(recordHash), tilesOfTenant(tx));
    await place(tx, size, some.map(({ id }) => id), grown);
    size = grown.size;
  }
  const { signed } = gap;
  if (!(await rootAt(signed.size, tilesOfTenant(tx))).equals(signed.root)) {
    throw forked(signed);
  }
  await tx.query(
    `WITH made AS (INSERT INTO ledger_checkpoint (size, root, note, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING)
     UPDATE ledger_head SET signed_size = $1`,
    [signed.size, signed.root, signed.note, tx.clock.now()],
  );
  return missing;
}

/** One that the copy has, but had no place for yet, stays as it is. @returns which were really missing */
async function keepEntries(tx: Tx, records: readonly LedgerRecord[]): Promise<ReadonlySet<string>> {
  const added = await tx.query<{ id: string }>(
    `INSERT INTO ledger_entry (id, kind, subject_ref, data, recorded_at, salt)
     SELECT i, k, r, d::jsonb, t, s FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[]) AS e(i, k, r, d, t, s)
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      records.map((record) => record.id),
      records.map((record) => record.kind),
      records.map((record) => record.ref ?? null),
      records.map((record) => JSON.stringify(record.data)),
      records.map((record) => record.at),
      records.map((record) => Buffer.from(record.salt, 'base64url')),
    ],
  );
  return new Set(added.map(({ id }) => id));
}
