import { rowsOf } from '@heed/connector-spi';
import type { Progress } from '@heed/connector-spi';
import type { Queryable } from '../sql.js';

const finishes = (p: Progress): boolean => p.state === 'verified' || p.state === 'settled';

/**
 * Saves the next states in one statement. The head row is taken last in the transaction and held for its commit only:
 * positions rise without a gap in the order of the commits, so that a restored store cannot hide behind a sequence.
 */
export async function save(db: Queryable, s: string, progress: readonly Progress[], now: Date): Promise<void> {
  if (progress.length === 0) return;
  const column = <T>(of: (p: Progress) => T): T[] => progress.map(of);
  const settlement = (p: Progress) => ('settlement' in p ? p.settlement : undefined);
  let place = 0;
  const places = column((p) => (finishes(p) ? ++place : null));
  const head = place > 0 ? `WITH head AS (UPDATE ${s}.journal_head SET position = position + ${place} RETURNING position)` : 'WITH head AS (SELECT 0 AS position)';
  await db.query(
    `${head}
     UPDATE ${s}.journal j SET
       state = CASE WHEN u.state = 'confirmed' THEN j.state ELSE u.state END,
       large = u.large,
       tables = COALESCE(u.tables, j.tables), row_count = COALESCE(u.row_count, j.row_count),
       trail = CASE WHEN u.state = 'confirmed' THEN NULL ELSE COALESCE(u.trail, j.trail) END,
       command = CASE WHEN u.state IN ('settled','confirmed') THEN NULL
                      WHEN u.state = 'verified' AND u.verify_again_at IS NULL THEN NULL ELSE j.command END,
       outcome = COALESCE(u.outcome, j.outcome), assurance = COALESCE(u.assurance, j.assurance),
       reason = CASE WHEN u.outcome IS NULL THEN j.reason ELSE u.reason END,
       already_erased = COALESCE(u.already_erased, j.already_erased),
       verify_again_at = u.verify_again_at,
       journal_position = CASE WHEN u.place IS NULL THEN j.journal_position ELSE (SELECT position FROM head) - ${place} + u.place END,
       completed_at = CASE WHEN u.place IS NULL THEN j.completed_at ELSE $12 END,
       acknowledgement = CASE WHEN u.place IS NULL THEN j.acknowledgement END
     FROM unnest($1::text[], $2::text[], $3::bool[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
                 $10::bool[], $11::timestamptz[], $13::int[])
       AS u(dispatch_id, state, large, tables, row_count, trail, outcome, assurance, reason, already_erased, verify_again_at, place)
     WHERE j.dispatch_id = u.dispatch_id`,
    [
      column((p) => p.dispatchId),
      column((p) => p.state),
      column((p) => p.state === 'erasing' && p.large),
      column((p) => json(settlement(p)?.tables ?? ('tables' in p ? p.tables : undefined))),
      column((p) => rowCount(p)),
      column((p) => json('trail' in p ? p.trail : undefined)),
      column((p) => settlement(p)?.outcome ?? null),
      column((p) => settlement(p)?.assurance ?? null),
      column((p) => settlement(p)?.reason ?? null),
      column((p) => settlement(p)?.alreadyErased ?? null),
      column((p) => (p.state === 'verified' ? p.verifyAgainAt : null)),
      now,
      places,
    ],
  );
}

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

function rowCount(progress: Progress): number | null {
  if ('settlement' in progress) return rowsOf(progress.settlement.tables);
  return 'tables' in progress ? rowsOf(progress.tables) : null;
}
