import type { Due } from '@heed/connector-spi';
import type { Queryable } from '../sql.js';

/** Five index probes in one statement. */
export async function due(db: Queryable, s: string, now: Date): Promise<Due> {
  const todo = `SELECT 1 FROM ${s}.journal WHERE state IN ('received','erasing')`;
  const [row] = await db.query<Due>(
    `SELECT EXISTS (${todo} AND urgent) AS urgent, EXISTS (${todo} AND NOT urgent) AS slow,
            EXISTS (SELECT 1 FROM ${s}.journal WHERE state = 'erased')
              OR EXISTS (SELECT 1 FROM ${s}.journal WHERE verify_again_at <= $1 AND verify_again_at IS NOT NULL) AS verify,
            EXISTS (SELECT 1 FROM ${s}.journal WHERE state IN ('verified','settled')) AS acknowledge`,
    [now],
  );
  return row ?? { urgent: false, slow: false, verify: false, acknowledge: false };
}
