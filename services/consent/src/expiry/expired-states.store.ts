import type { Tx } from '@heed/persistence';

export interface ExpiredState {
  readonly ref: string;
  readonly purpose: string;
  readonly domain: string;
  /** The yes that is over. */
  readonly recordId: string;
  readonly validUntil: Date;
  readonly jurisdiction: string | null;
}

/**
 * Consents whose time has passed, the longest overdue first, of people whom nobody else is writing about: the person is
 * locked before anything of theirs is, as by everybody who decides, and whoever is busy is passed over.
 */
export async function lockExpired(tx: Tx, limit: number): Promise<readonly ExpiredState[]> {
  return tx.query<ExpiredState>(
    `SELECT s.ref, s.purpose, s.domain, s.record_id AS "recordId", s.valid_until AS "validUntil",
            (SELECT r.jurisdiction FROM consent_record r WHERE r.ref = s.ref AND r.id = s.record_id) AS jurisdiction
       FROM consent_state s JOIN subject p ON p.ref = s.ref
      WHERE s.state = 'given' AND s.valid_until IS NOT NULL AND s.valid_until <= $1
      ORDER BY s.valid_until LIMIT $2 FOR UPDATE OF p SKIP LOCKED`,
    [tx.clock.now(), limit],
  );
}
