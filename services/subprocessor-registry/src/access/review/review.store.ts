import { uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

/** What the job is reminded of. */
export const REVIEWS = 'access-reviews';

export interface ReviewRow {
  readonly id: string;
  readonly opened_at: Date;
  readonly due_at: Date;
  readonly every: string;
  readonly promise: string;
  readonly overdue_at: Date | null;
  readonly closed_at: Date | null;
  readonly entries: number;
  readonly undecided: number;
}

export interface EntryRow {
  readonly id: string;
  readonly holder_id: string;
  readonly subject: string;
  readonly role: string;
  readonly since: Date;
  readonly last_seen: Date;
  readonly decision: 'keep' | 'revoke' | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly note: string | null;
}

const REVIEW = `SELECT r.*, e.entries, e.undecided FROM access_review r CROSS JOIN LATERAL (
  SELECT count(*)::int AS entries, (count(*) FILTER (WHERE decision IS NULL))::int AS undecided FROM access_review_entry WHERE review_id = r.id) e`;

/** Starts the tenant's clock if it does not run yet, and takes the lock under which reviews are opened and closed. */
export async function startedAt(tx: Tx): Promise<Date> {
  await tx.query('INSERT INTO access_review_head (started_at) VALUES ($1) ON CONFLICT (one) DO NOTHING', [tx.clock.now()]);
  const [head] = await tx.query<{ started_at: Date }>('SELECT started_at FROM access_review_head FOR UPDATE');
  return head?.started_at ?? tx.clock.now();
}

export async function newestReview(tx: Tx): Promise<ReviewRow | undefined> {
  const [row] = await tx.query<ReviewRow>(`${REVIEW} ORDER BY r.id DESC LIMIT 1`);
  return row;
}

export async function reviewOf(tx: Tx, id: string): Promise<ReviewRow | undefined> {
  const [row] = await tx.query<ReviewRow>(`${REVIEW} WHERE r.id = $1`, [id]);
  return row;
}

/** Newest first. */
export async function reviewsBefore(tx: Tx, before: string | null, limit: number): Promise<readonly ReviewRow[]> {
  return tx.query<ReviewRow>(`${REVIEW} WHERE $1::uuid IS NULL OR r.id < $1 ORDER BY r.id DESC LIMIT $2`, [before, limit]);
}

export async function entriesAfter(tx: Tx, reviewId: string, after: string | null, limit: number): Promise<readonly EntryRow[]> {
  return tx.query<EntryRow>('SELECT * FROM access_review_entry WHERE review_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3', [reviewId, after, limit]);
}

export async function entryOf(tx: Tx, reviewId: string, id: string): Promise<EntryRow | undefined> {
  const [row] = await tx.query<EntryRow>('SELECT * FROM access_review_entry WHERE review_id = $1 AND id = $2 FOR UPDATE', [reviewId, id]);
  return row;
}

/** Opens a review of everybody who holds a role and has not lost it. @returns how many entries it has */
export async function insertReview(tx: Tx, review: { id: string; dueAt: Date; every: string; promise: string }): Promise<number> {
  const now = tx.clock.now();
  await tx.query('INSERT INTO access_review (id, opened_at, due_at, every, promise) VALUES ($1, $2, $3, $4, $5)', [review.id, now, review.dueAt, review.every, review.promise]);
  const held = await tx.query<{ holder_id: string; role: string }>(
    `SELECT holder_id, role FROM role_holder h WHERE NOT EXISTS (
       SELECT 1 FROM access_revocation r WHERE r.kind = 'role' AND r.target = h.holder_id AND r.role = h.role AND r.in_force) ORDER BY holder_id, role`,
  );
  await tx.query(
    `INSERT INTO access_review_entry (id, review_id, holder_id, subject, role, since, last_seen)
     SELECT e.id, $1, h.holder_id, h.subject, h.role, h.since, h.last_seen
       FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS e(id, holder_id, role) JOIN role_holder h USING (holder_id, role)`,
    [review.id, held.map(() => uuidv7(now)), held.map((row) => row.holder_id), held.map((row) => row.role)],
  );
  return held.length;
}

/** @returns how it was decided */
export async function closeReview(tx: Tx, id: string): Promise<{ kept: number; revoked: number }> {
  await tx.query('UPDATE access_review SET closed_at = $2 WHERE id = $1', [id, tx.clock.now()]);
  const [counts] = await tx.query<{ kept: number; revoked: number }>(
    `SELECT (count(*) FILTER (WHERE decision = 'keep'))::int AS kept, (count(*) FILTER (WHERE decision = 'revoke'))::int AS revoked
       FROM access_review_entry WHERE review_id = $1`,
    [id],
  );
  return counts ?? { kept: 0, revoked: 0 };
}
