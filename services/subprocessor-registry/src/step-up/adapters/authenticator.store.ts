import type { StepUpMethod } from '@heed/auth';
import type { Tx } from '@heed/persistence';

export interface AuthenticatorRow {
  readonly id: string;
  readonly subject: string;
  readonly credential_id: string;
  readonly public_key: Uint8Array<ArrayBuffer>;
  /** As PostgreSQL has it: a bigint. */
  readonly counter: string;
  readonly method: StepUpMethod;
  readonly transports: readonly string[];
  readonly registered_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
  readonly suspect_at: Date | null;
}

const SELECT = `SELECT id, subject, credential_id, public_key, counter, method, transports, registered_at, last_used_at, revoked_at, revoked_by, suspect_at
  FROM authenticator`;

export interface NewAuthenticator {
  readonly id: string;
  readonly subject: string;
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly aaguid: string;
  readonly method: StepUpMethod;
  readonly transports: readonly string[];
}

/** @returns whether it was unknown before */
export async function insertAuthenticator(tx: Tx, a: NewAuthenticator): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO authenticator (id, subject, credential_id, public_key, counter, aaguid, method, transports, registered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential_id) DO NOTHING RETURNING id`,
    [a.id, a.subject, a.credentialId, Buffer.from(a.publicKey), a.counter, a.aaguid, a.method, a.transports, tx.clock.now()],
  );
  return rows.length === 1;
}

export async function usableAuthenticators(tx: Tx, subject: string): Promise<readonly AuthenticatorRow[]> {
  return tx.query<AuthenticatorRow>(`${SELECT} WHERE subject = $1 AND revoked_at IS NULL AND suspect_at IS NULL ORDER BY id`, [subject]);
}

/** Locked: two answers of one authenticator are counted one after the other. */
export async function authenticatorOf(tx: Tx, subject: string, credentialId: string): Promise<AuthenticatorRow | undefined> {
  const [row] = await tx.query<AuthenticatorRow>(`${SELECT} WHERE subject = $1 AND credential_id = $2 FOR UPDATE`, [subject, credentialId]);
  return row;
}

export async function findAuthenticator(tx: Tx, id: string): Promise<AuthenticatorRow | undefined> {
  const [row] = await tx.query<AuthenticatorRow>(`${SELECT} WHERE id = $1 FOR UPDATE`, [id]);
  return row;
}

/** @param subject null: everybody's */
export async function listAuthenticators(tx: Tx, subject: string | null, after: string, limit: number): Promise<readonly AuthenticatorRow[]> {
  return tx.query<AuthenticatorRow>(`${SELECT} WHERE ($1::text IS NULL OR subject = $1) AND id > $2 ORDER BY id LIMIT $3`, [subject, after, limit]);
}

export async function markUsed(tx: Tx, id: string, counter: number): Promise<void> {
  await tx.query('UPDATE authenticator SET counter = $2, last_used_at = $3 WHERE id = $1', [id, counter, tx.clock.now()]);
}

export async function markSuspect(tx: Tx, id: string): Promise<void> {
  await tx.query('UPDATE authenticator SET suspect_at = $2 WHERE id = $1', [id, tx.clock.now()]);
}

export async function markRevoked(tx: Tx, id: string, by: string): Promise<void> {
  await tx.query('UPDATE authenticator SET revoked_at = $2, revoked_by = $3 WHERE id = $1', [id, tx.clock.now(), by]);
}
