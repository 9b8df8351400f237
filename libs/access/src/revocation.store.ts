import type { AccessRevocation } from '@heed/contracts-access';
import { uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import type { KnownRevocation } from './domain/revocation-rules.js';

/** What a tenant lets in, as this service knows it. */
export interface StoredAccess {
  /** Undefined before the tenant's first policy has arrived. */
  readonly lifetimeSeconds: number | undefined;
  readonly revocations: readonly KnownRevocation[];
}

export async function readAccess(tx: Tx): Promise<StoredAccess> {
  const now = tx.clock.now();
  await tx.query('DELETE FROM access_revocation WHERE expires_at <= $1', [now]);
  const [rule] = await tx.query<{ token_seconds: number }>('SELECT token_seconds FROM access_rule');
  const rows = await tx.query<{ kind: KnownRevocation['kind']; target: string; role: string; issued_before: Date | null }>(
    'SELECT kind, target, role, issued_before FROM access_revocation WHERE in_force',
  );
  return { lifetimeSeconds: rule?.token_seconds, revocations: rows.map(({ issued_before, ...row }) => ({ ...row, issuedBefore: issued_before })) };
}

/** Keeps what was revoked or taken back; told late or twice, it changes nothing. */
export async function keepRevocations(tx: Tx, revocations: readonly AccessRevocation[]): Promise<void> {
  await tx.query(
    `INSERT INTO access_revocation AS r (kind, target, role, is_bounded, issued_before, in_force, decided_at, expires_at)
     SELECT DISTINCT ON (kind, target, COALESCE(role, ''), "issuedBefore" IS NOT NULL)
            kind, target, COALESCE(role, ''), "issuedBefore" IS NOT NULL, "issuedBefore", "inForce", "decidedAt", "expiresAt"
       FROM jsonb_to_recordset($1::jsonb)
         AS n(kind text, target uuid, role text, "issuedBefore" timestamptz, "inForce" boolean, "decidedAt" timestamptz, "expiresAt" timestamptz)
      ORDER BY kind, target, COALESCE(role, ''), "issuedBefore" IS NOT NULL, "decidedAt" DESC
     ON CONFLICT (kind, target, role, is_bounded) DO UPDATE
       SET issued_before = excluded.issued_before, in_force = excluded.in_force, decided_at = excluded.decided_at, expires_at = excluded.expires_at
     WHERE r.decided_at < excluded.decided_at`,
    [JSON.stringify(revocations)],
  );
  await tellOfChange(tx);
}

/** Keeps the lifetime that the newest policy in force allows. */
export async function keepLifetime(tx: Tx, policyVersion: number, seconds: number): Promise<void> {
  const changed = await tx.query(
    `INSERT INTO access_rule AS r (policy_version, token_seconds) VALUES ($1, $2)
     ON CONFLICT (one) DO UPDATE SET policy_version = excluded.policy_version, token_seconds = excluded.token_seconds
     WHERE r.policy_version < excluded.policy_version RETURNING 1`,
    [policyVersion, seconds],
  );
  if (changed.length > 0) await tellOfChange(tx);
}

async function tellOfChange(tx: Tx): Promise<void> {
  await tx.query('INSERT INTO heed.access_change (id, tenant) VALUES ($1, $2)', [uuidv7(tx.clock.now()), tx.tenant]);
}
