import { notFound, uuidv7, conflict } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

/** How long a person has to touch their authenticator. */
export const CHALLENGE_SECONDS = 120;

interface About {
  readonly enrolmentId?: string;
  readonly act?: string;
  readonly resource?: string;
}

export interface ChallengeRow {
  readonly id: string;
  readonly challenge: string;
  readonly enrolment_id: string | null;
  readonly act: string | null;
  readonly resource: string | null;
}

export interface NewChallenge {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Keeps what was asked; what nobody answered in time is forgotten on the way. */
export async function keepChallenge(tx: Tx, subject: string, challenge: string, about: About): Promise<NewChallenge> {
  const now = tx.clock.now();
  const id = uuidv7(now);
  const expiresAt = new Date(now.getTime() + CHALLENGE_SECONDS * 1000);
  await tx.query("DELETE FROM webauthn_challenge WHERE expires_at < $1::timestamptz - interval '1 hour'", [now]);
  await tx.query(
    'INSERT INTO webauthn_challenge (id, subject, challenge, enrolment_id, act, resource, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [id, subject, challenge, about.enrolmentId ?? null, about.act ?? null, about.resource ?? null, expiresAt],
  );
  return { id, expiresAt };
}

/**
 * Takes a challenge of this person out of use, whatever comes of it.
 * @throws HeedError `not_found`, or `challenge_spent` when it was answered before or too late
 */
export async function spendChallenge(tx: Tx, id: string, subject: string, kind: 'registration' | 'step-up'): Promise<ChallengeRow> {
  const [row] = await tx.query<ChallengeRow & { used_at: Date | null; expires_at: Date }>(
    `SELECT id, challenge, enrolment_id, act, resource, used_at, expires_at FROM webauthn_challenge
      WHERE id = $1 AND subject = $2 AND (enrolment_id IS NOT NULL) = $3 FOR UPDATE`,
    [id, subject, kind === 'registration'],
  );
  if (!row) throw notFound('challenge');
  if (row.used_at || row.expires_at <= tx.clock.now()) throw conflict('challenge_spent', 'This challenge was answered before, or too late: ask for a new one.');
  await tx.query('UPDATE webauthn_challenge SET used_at = $2 WHERE id = $1', [id, tx.clock.now()]);
  return row;
}
