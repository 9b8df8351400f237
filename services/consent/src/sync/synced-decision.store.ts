import type { Tx } from '@heed/persistence';
import { createHash } from 'node:crypto';
import type { SyncItem } from './sync.body.js';

export interface Synced {
  readonly fingerprint: Buffer;
  /** Empty once the person was forgotten. */
  readonly ref: string;
  readonly recordId: string | null;
}

const sha256 = (...parts: readonly unknown[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest();

export const externalOf = (item: SyncItem): Buffer => sha256(item.externalId);
/** Of what was said, without the person: their address may change between two exports. */
export const fingerprintOf = (item: SyncItem): Buffer => sha256(item.purpose, item.decision, Date.parse(item.occurredAt));

/**
 * Those of these that were taken before, by the hex of their names. The source's calls come one after the other from here to
 * the commit: two that bring the same decision cannot both take it for new.
 */
export async function takenBefore(tx: Tx, source: string, items: readonly SyncItem[]): Promise<ReadonlyMap<string, Synced>> {
  await tx.query('SELECT pg_advisory_xact_lock(94, hashtext(current_schema() || $1))', [source]);
  const names = items.map(externalOf);
  const rows = await tx.query<Synced & { external: Buffer }>(
    'SELECT external, fingerprint, ref, record_id AS "recordId" FROM synced_decision WHERE source = $1 AND external = ANY($2)',
    [source, names],
  );
  return new Map(rows.map((row) => [row.external.toString('hex'), row]));
}

export async function keepTaken(tx: Tx, source: string, taken: readonly { readonly item: SyncItem; readonly ref: string; readonly recordId: string | null }[]): Promise<void> {
  if (taken.length === 0) return;
  await tx.query(
    `INSERT INTO synced_decision (source, external, fingerprint, ref, record_id, received_at)
     SELECT $1, e, f, r, i, $6 FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::uuid[]) AS s(e, f, r, i)`,
    [source, taken.map(({ item }) => externalOf(item)), taken.map(({ item }) => fingerprintOf(item)), taken.map(({ ref }) => ref), taken.map(({ recordId }) => recordId), tx.clock.now()],
  );
}
