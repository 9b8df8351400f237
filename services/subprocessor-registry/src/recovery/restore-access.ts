import type { Tx } from '@heed/persistence';
import type { Lost } from '@heed/recovery';
import { z } from 'zod';
import { insertDecision } from '../tenant/closing.store.js';

const revoked = z.object({ authenticatorId: z.uuid(), actor: z.string() });
const enrolled = z.object({ authenticatorId: z.uuid() });
const keyRevoked = z.object({ dataStore: z.string(), kids: z.array(z.string()), by: z.string() });
const closing = z.object({ dropAfter: z.iso.datetime(), actor: z.string().default('recovered') });

/** Authenticators that were revoked stay so; those enrolled since have to be enrolled again, for their keys are not known any more. */
export async function restoreAuthenticators(tx: Tx, { records }: Lost): Promise<{ revoked: number; unknown: number }> {
  const rows = records.flatMap(({ kind, at, data }) => {
    const act = kind === 'authenticator.revoked' ? revoked.safeParse(data).data : undefined;
    return act ? [{ id: act.authenticatorId, by: act.actor, at }] : [];
  });
  const known = await tx.query(
    `UPDATE authenticator a SET revoked_at = coalesce(a.revoked_at, r.at), revoked_by = coalesce(a.revoked_by, r.by)
       FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, by text, at timestamptz) WHERE a.id = r.id RETURNING 1 AS one`,
    [JSON.stringify(rows)],
  );
  const ids = records.flatMap(({ kind, data }) => (kind === 'authenticator.enrolled' ? (enrolled.safeParse(data).data?.authenticatorId ?? []) : []));
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM unnest($1::uuid[]) AS i WHERE NOT EXISTS (SELECT 1 FROM authenticator a WHERE a.id = i)', [ids]);
  return { revoked: known.length, unknown: row?.count ?? 0 };
}

/** Agents' keys that were revoked stay so, and are not registered again. */
export async function restoreRevokedKeys(tx: Tx, { records }: Lost): Promise<number> {
  const acts = records.flatMap(({ kind, at, data }) => {
    const act = kind === 'agent_key.revoked' ? keyRevoked.safeParse(data).data : undefined;
    return act ? [{ store: act.dataStore, kids: act.kids, by: act.by, at }] : [];
  });
  const rows = await tx.query(
    `UPDATE agent_key k SET revoked_at = coalesce(k.revoked_at, r.at), revoked_by = coalesce(k.revoked_by, r.by)
       FROM jsonb_to_recordset($1::jsonb) AS r(store text, kids text[], by text, at timestamptz)
      WHERE k.data_store = r.store AND (k.signing_kid = ANY(r.kids) OR k.encryption_kid = ANY(r.kids)) RETURNING 1 AS one`,
    [JSON.stringify(acts)],
  );
  return rows.length;
}

/** Whether the tenant is to be closed: the last decision counts. */
export async function restoreClosing(tx: Tx, { records }: Lost): Promise<number> {
  const last = records.findLast(({ kind }) => kind === 'tenant.closing' || kind === 'tenant.reopened');
  const decision = last && closing.safeParse(last.data).data;
  if (!last || !decision) return 0;
  await insertDecision(tx, last.kind === 'tenant.closing' ? new Date(decision.dropAfter) : null, decision.actor);
  return 1;
}
