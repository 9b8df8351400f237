import type { Queryable } from '../sql.js';
import { OVER } from './schema.js';

/** One batch in one statement; an entry that is being delivered again at this moment is left alone. */
export async function prune(db: Queryable, s: string, before: Date, limit: number): Promise<number> {
  const gone = await db.query(
    `DELETE FROM ${s}.journal WHERE dispatch_id IN (
       SELECT dispatch_id FROM ${s}.journal WHERE ${OVER} AND completed_at < $1 ORDER BY completed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1 AS one`,
    [before, limit],
  );
  return gone.length;
}
