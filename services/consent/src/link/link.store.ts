import type { LinkKind } from '@heed/contracts-consent';
import type { Tx } from '@heed/persistence';

/** What a link opens, and for whom. */
export interface Link {
  readonly kind: LinkKind;
  readonly ref: string;
  readonly purpose: string | null;
  readonly jurisdiction: string | null;
  readonly expiresAt: Date;
}

/** Taken out with every batch that is written: the table stays as large as what is valid, without a job of its own. */
const SWEPT_PER_LINK = 2;

/** Keeps links by the hashes of their tokens, and takes out some of those that have expired. */
export async function keepLinks(tx: Tx, links: readonly (Link & { readonly hash: Buffer })[]): Promise<void> {
  if (links.length === 0) return;
  const now = tx.clock.now();
  await tx.query(
    `WITH expired AS (
       DELETE FROM person_link WHERE hash IN (SELECT hash FROM person_link WHERE expires_at <= $7 ORDER BY expires_at LIMIT $8 FOR UPDATE SKIP LOCKED))
     INSERT INTO person_link (hash, kind, ref, purpose, jurisdiction, created_at, expires_at)
     SELECT h, k, r, p, j, $7, e FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS l(h, k, r, p, j, e)`,
    [
      links.map((link) => link.hash), links.map((link) => link.kind), links.map((link) => link.ref), links.map((link) => link.purpose),
      links.map((link) => link.jurisdiction), links.map((link) => link.expiresAt), now, links.length * SWEPT_PER_LINK,
    ],
  );
}

/** The link of a token, while it is valid. Where its person was found to be another, it is that one's. */
export async function findLink(tx: Tx, hash: Buffer): Promise<Link | undefined> {
  const [link] = await tx.query<Link>(
    `SELECT l.kind, p.ref, l.purpose, l.jurisdiction, l.expires_at AS "expiresAt"
       FROM person_link l JOIN subject s USING (ref) JOIN subject p ON p.ref = coalesce(s.person, s.ref)
      WHERE l.hash = $1 AND l.expires_at > $2 AND p.erased_at IS NULL`,
    [hash, tx.clock.now()],
  );
  return link;
}

/** Who was forgotten has no page any more. */
export async function revokeLinks(tx: Tx, refs: readonly string[]): Promise<void> {
  await tx.query('DELETE FROM person_link WHERE ref = ANY($1)', [refs]);
}

/** A link that was mailed to an address of somebody else shows them nothing any more; to unsubscribe by one is still possible. */
export async function revokePages(tx: Tx, refs: readonly string[]): Promise<void> {
  await tx.query(`DELETE FROM person_link WHERE ref = ANY($1) AND kind = 'preferences'`, [refs]);
}
