import type { Tx } from '@heed/persistence';
import type { Fingerprint } from '@heed/http';
import type { SyncItem } from './sync.body.js';

export interface Synced {
  readonly fingerprint: Buffer;
  /** Empty once the person was forgotten. */
  readonly ref: string;
  readonly recordId: string | null;
}

/** An item with its fingerprints: an id that a source gave may be one of so few that its plain hash says whose decision it was. */
export interface NamedItem extends SyncItem {
  /** Of the source's own id. */
  readonly external: Buffer;
  readonly name: string;
  /** Of what was said, without the person: their address may change between two exports. */
  readonly said: Buffer;
}

export function named(item: SyncItem, fingerprint: Fingerprint): NamedItem {
  const [external, said] = [[item.externalId], [item.purpose, item.decision, Date.parse(item.occurredAt)]].map((one) => Buffer.from(fingerprint(one), 'base64url')) as [Buffer, Buffer];
  return { ...item, external, said, name: external.toString('hex') };
}

/**
 * Those of these that were taken before, by the hex of their names. The source's calls come one after the other from here to
 * the commit: two that bring the same decision cannot both take it for new.
 */
export async function takenBefore(tx: Tx, source: string, items: readonly NamedItem[]): Promise<ReadonlyMap<string, Synced>> {
  await tx.query('SELECT pg_advisory_xact_lock(94, hashtext(current_schema() || $1))', [source]);
  const names = items.map(({ external }) => external);
  const rows = await tx.query<Synced & { external: Buffer }>(
    'SELECT external, fingerprint, ref, record_id AS "recordId" FROM synced_decision WHERE source = $1 AND external = ANY($2)',
    [source, names],
  );
  return new Map(rows.map((row) => [row.external.toString('hex'), row]));
}

export async function keepTaken(tx: Tx, source: string, taken: readonly { readonly item: NamedItem; readonly ref: string; readonly recordId: string | null }[]): Promise<void> {
  if (taken.length === 0) return;
  await tx.query(
    `INSERT INTO synced_decision (source, external, fingerprint, ref, record_id, received_at)
     SELECT $1, e, f, r, i, $6 FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::uuid[]) AS s(e, f, r, i)`,
    [source, taken.map(({ item }) => item.external), taken.map(({ item }) => item.said), taken.map(({ ref }) => ref), taken.map(({ recordId }) => recordId), tx.clock.now()],
  );
}
