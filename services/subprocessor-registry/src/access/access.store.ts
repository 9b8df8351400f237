import type { Tx } from '@heed/persistence';

export interface SessionRow {
  readonly id: string;
  readonly holder_id: string;
  readonly subject: string;
  readonly application_id: string;
  readonly client: string;
  readonly is_own: boolean;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
}

/** A revocation of tokens until then is of no account where the session was seen with newer ones. */
const SESSION = `SELECT s.*, r.decided_at AS revoked_at FROM session s
  LEFT JOIN access_revocation r ON r.kind = 'session' AND r.target = s.id AND r.in_force AND (r.issued_before IS NULL OR r.issued_before >= s.last_seen)`;

export async function sessionsAfter(tx: Tx, after: string | null, holderId: string | null, limit: number): Promise<readonly SessionRow[]> {
  return tx.query<SessionRow>(`${SESSION} WHERE ($1::uuid IS NULL OR s.id > $1) AND ($2::uuid IS NULL OR s.holder_id = $2) ORDER BY s.id LIMIT $3`, [after, holderId, limit]);
}

export async function sessionOf(tx: Tx, id: string): Promise<SessionRow | undefined> {
  const [row] = await tx.query<SessionRow>(`${SESSION} WHERE s.id = $1`, [id]);
  return row;
}

export function presentSession(row: SessionRow, current: string | undefined, now: Date): unknown {
  return {
    id: row.id,
    holderId: row.holder_id,
    subject: row.subject,
    applicationId: row.application_id,
    client: row.client,
    signIn: row.is_own,
    current: row.id === current,
    state: row.revoked_at ? 'revoked' : row.expires_at <= now ? 'ended' : 'active',
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    expiresAt: row.expires_at,
  };
}

export interface ApplicationRow {
  readonly id: string;
  readonly client: string;
  readonly roles: readonly string[];
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly revoked_at: Date | null;
  readonly rotated_at: Date | null;
}

const APPLICATION = `SELECT a.*, r.decided_at AS revoked_at, o.issued_before AS rotated_at FROM application a
  LEFT JOIN access_revocation r ON r.kind = 'application' AND r.target = a.id AND NOT r.is_bounded AND r.in_force
  LEFT JOIN access_revocation o ON o.kind = 'application' AND o.target = a.id AND o.is_bounded AND o.in_force`;

export async function applicationsAfter(tx: Tx, after: string | null, limit: number): Promise<readonly ApplicationRow[]> {
  return tx.query<ApplicationRow>(`${APPLICATION} WHERE $1::uuid IS NULL OR a.id > $1 ORDER BY a.id LIMIT $2`, [after, limit]);
}

export async function applicationOf(tx: Tx, id: string): Promise<ApplicationRow | undefined> {
  const [row] = await tx.query<ApplicationRow>(`${APPLICATION} WHERE a.id = $1`, [id]);
  return row;
}

export function presentApplication(row: ApplicationRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    client: row.client,
    roles: row.roles,
    state: row.revoked_at ? 'revoked' : 'active',
    revokedAt: row.revoked_at,
    rotatedAt: row.rotated_at,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
  };
}

export interface HolderRow {
  readonly holder_id: string;
  readonly subject: string;
  readonly roles: readonly { readonly role: string; readonly since: string; readonly lastSeen: string; readonly revokedAt: string | null }[];
}

const ISO = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const HOLDER = `SELECT h.holder_id, min(h.subject) AS subject,
    jsonb_agg(jsonb_build_object('role', h.role, 'since', ${ISO('h.since')}, 'lastSeen', ${ISO('h.last_seen')}, 'revokedAt', ${ISO('r.decided_at')}) ORDER BY h.role) AS roles
  FROM role_holder h LEFT JOIN access_revocation r ON r.kind = 'role' AND r.target = h.holder_id AND r.role = h.role AND r.in_force`;

export async function holdersAfter(tx: Tx, after: string | null, limit: number): Promise<readonly HolderRow[]> {
  return tx.query<HolderRow>(`${HOLDER} WHERE $1::uuid IS NULL OR h.holder_id > $1 GROUP BY h.holder_id ORDER BY h.holder_id LIMIT $2`, [after, limit]);
}

export async function holderOf(tx: Tx, id: string): Promise<HolderRow | undefined> {
  const [row] = await tx.query<HolderRow>(`${HOLDER} WHERE h.holder_id = $1 GROUP BY h.holder_id`, [id]);
  return row;
}

export const presentHolder = ({ holder_id, subject, roles }: HolderRow): unknown => ({ id: holder_id, subject, roles });
