import { refused, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { hashOfCode, newEnrolmentCode } from '../domain/enrolment-code.js';

const CODE_MINUTES = 60;

export interface Enrolment {
  readonly id: string;
  readonly subject: string;
  readonly code: string;
  readonly expiresAt: Date;
}

/** The code is told once; what is kept cannot be turned back into it. */
export async function issueCode(tx: Pick<Tx, 'query' | 'clock'>, subject: string, issuedBy: string): Promise<Enrolment> {
  const now = tx.clock.now();
  const enrolment = { id: uuidv7(now), subject, code: newEnrolmentCode(), expiresAt: new Date(now.getTime() + CODE_MINUTES * 60_000) };
  await tx.query('INSERT INTO enrolment_code (id, code_hash, subject, issued_by, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)', [
    enrolment.id, hashOfCode(enrolment.code), subject, issuedBy, now, enrolment.expiresAt,
  ]);
  return enrolment;
}

/** @throws HeedError `enrolment_code_invalid` (422), the same for a wrong code and one that is over or another's */
export async function findEnrolment(tx: Tx, code: string, subject: string): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    'SELECT id FROM enrolment_code WHERE code_hash = $1 AND subject = $2 AND used_at IS NULL AND expires_at > $3',
    [hashOfCode(code), subject, tx.clock.now()],
  );
  if (!row) throw invalid();
  return row.id;
}

/** @throws HeedError `enrolment_code_invalid` when another registration was quicker */
export async function useEnrolment(tx: Tx, id: string): Promise<void> {
  const rows = await tx.query('UPDATE enrolment_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL RETURNING id', [id, tx.clock.now()]);
  if (rows.length === 0) throw invalid();
}

const invalid = (): Error => refused('enrolment_code_invalid', 'This code is not for you, was used before or has expired: ask an administrator of your tenant for another.');
