import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import { REPLACED, SHREDS } from './shred-list.js';

/** A record of the ledger, as far as it matters here. */
export interface ShredRecord {
  readonly kind: string;
  readonly at: string;
  readonly ref?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

const told = z.object({ keys: z.array(z.uuid()), reason: z.string().default('restored') });

/**
 * Puts the list of destroyed keys back that an older copy of the database lacks. What was ordered is destroyed by the job,
 * what was done counts as done: the gate sees to it where the keys database is an older copy too. Keys that only gave way to
 * younger ones are left alone: the copy's rows are sealed under them still.
 * @returns how many keys it is about
 */
export async function restoreShreds(tx: Tx, records: readonly ShredRecord[]): Promise<number> {
  const rows = new Map<string, { key_id: string; ref: string | null; reason: string; ordered_at: string; done_at: string | null }>();
  const replaced = new Set(records.flatMap(({ kind, data }) => (kind === 'key.shred_ordered' && data['reason'] === REPLACED ? (told.safeParse(data).data?.keys ?? []) : [])));
  for (const { kind, at, ref, data } of records) {
    const parsed = kind === 'key.shred_ordered' || kind === 'key.destroyed' ? told.safeParse(data) : undefined;
    for (const id of parsed?.data?.keys ?? []) {
      if (replaced.has(id)) continue;
      const before = rows.get(id) ?? { key_id: id, ref: ref ?? null, reason: parsed?.data?.reason ?? 'restored', ordered_at: at, done_at: null };
      rows.set(id, kind === 'key.destroyed' ? { ...before, done_at: at } : before);
    }
  }
  if (rows.size === 0) return 0;
  const list = JSON.stringify([...rows.values()]);
  const shape = 'key_id uuid, ref text, reason text, ordered_at timestamptz, done_at timestamptz';
  await tx.query(
    `INSERT INTO key_shred (key_id, ref, reason, ordered_at, done_at) SELECT key_id, ref, reason, ordered_at, done_at FROM jsonb_to_recordset($1::jsonb) AS s(${shape})
     ON CONFLICT (key_id) DO UPDATE SET done_at = coalesce(key_shred.done_at, excluded.done_at)`,
    [list],
  );
  const done = [...rows.values()].flatMap((row) => (row.done_at === null ? [] : [row]));
  await tx.query('INSERT INTO heed.key_shred_done (tenant, done_at, key_id) SELECT $1, d, k FROM unnest($2::timestamptz[], $3::uuid[]) AS u(d, k) ON CONFLICT DO NOTHING', [
    tx.tenant,
    done.map((row) => row.done_at),
    done.map((row) => row.key_id),
  ]);
  await remind(tx, { work: SHREDS, at: tx.clock.now() });
  return rows.size;
}
