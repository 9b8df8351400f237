import type { LostDispatch } from '@heed/fanout';
import { hashOfPageToken, newPageToken } from '@heed/http';
import { derivedId } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { CaseVault } from '../case/adapters/case-vault.js';
import { appendTimeline } from '../case/adapters/request.store.js';
import { remindOfDeadlines } from '../deadline/missed-deadlines.job.js';
import type { Heard } from '@heed/recovery';
import type { LostRequest } from './lost-requests.js';

type Opened = LostRequest & { readonly opened: NonNullable<LostRequest['opened']> };
export const isNew = (request: LostRequest): request is Opened => request.opened !== undefined;

const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

/** Cases as they stood, without the words of the person and of those who worked them. */
export async function restoreRequests(tx: Tx, vault: CaseVault, lost: readonly LostRequest[]): Promise<void> {
  await insert(tx, vault, lost.filter(isNew));
  await tx.query(
    `UPDATE request r SET ref = coalesce(r.ref, c.ref), state = coalesce(c.state, r.state),
            verified_at = coalesce((c.verified->>'at')::timestamptz, r.verified_at), verified_by = coalesce(c.verified->>'by', r.verified_by),
            verification_method = coalesce(c.verified->>'method', r.verification_method),
            approved_at = coalesce((c.approved->>'at')::timestamptz, r.approved_at), approved_by = coalesce(c.approved->>'by', r.approved_by),
            dispatch_ids = CASE WHEN c.approved IS NULL THEN r.dispatch_ids ELSE r.dispatch_ids || (c.approved->>'dispatchId') END,
            due = coalesce((c.extended->>'due')::timestamptz, r.due), due_source = coalesce(c.extended->>'source', r.due_source),
            extensions = r.extensions + coalesce((c.extended->>'times')::int, 0),
            acknowledged_at = coalesce(r.acknowledged_at, c."acknowledgedAt"), closed_at = coalesce(r.closed_at, c."closedAt"),
            message = CASE WHEN c."closedAt" IS NULL THEN r.message END
       FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, ref text, state text, verified jsonb, approved jsonb, extended jsonb, "acknowledgedAt" timestamptz, "closedAt" timestamptz)
      WHERE r.id = c.id`,
    [JSON.stringify(lost)],
  );
  await tx.query('DELETE FROM unresolved_person u USING request r WHERE r.id = u.request_id AND r.ref IS NOT NULL');
  const known = new Set((await tx.query<{ id: string }>('SELECT id FROM request WHERE id = ANY($1)', [lost.map(({ id }) => id)])).map(({ id }) => id));
  const timeline = lost.filter(({ id }) => known.has(id)).flatMap(({ id, timeline: own }) => own.map((one) => ({ ...one, requestId: id, at: new Date(one.at) })));
  await appendTimeline(tx, timeline.sort((a, b) => a.at.getTime() - b.at.getTime()));
}

async function insert(tx: Tx, vault: CaseVault, lost: readonly Opened[]): Promise<void> {
  if (lost.length === 0) return;
  const { tokens } = await vault.forNew(tx.tenant, 0);
  const rows = lost.map(({ id, opened: { origin: heard, ...opened }, ref }) => {
    const token = opened.token ?? newPageToken(tx.tenant);
    const origin = ref === undefined ? null : originOf(tx.tenant, heard);
    return { ...opened, id, origin, status_hash: hex(hashOfPageToken(token)), status_token: hex(vault.sealToken(tokens, id, token)) };
  });
  await tx.query(
    `INSERT INTO request (id, type, state, origin, channel, opened_by, policy_version, received_at, acknowledge_by, acknowledge_source, due, due_source, status_hash, status_token)
     SELECT id, type, 'awaiting_verification', origin, 'recovered', 'recovered', coalesce((SELECT max(version) FROM policy_version), 1), at,
            "acknowledgeBy", CASE WHEN "acknowledgeBy" IS NOT NULL THEN 'recovered' END, due, 'recovered', status_hash, status_token
       FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, type text, origin text, at timestamptz, "acknowledgeBy" timestamptz, due timestamptz, status_hash bytea, status_token bytea)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
  await remindOfDeadlines(tx, lost.flatMap(({ opened }) => [new Date(opened.due), ...(opened.acknowledgeBy === null ? [] : [new Date(opened.acknowledgeBy)])]));
}

/** Without the person there is none: the publisher's event is let open the case once more, because it has the person. */
function originOf(tenant: string, heard: Heard | null): string | null {
  return heard && derivedId(tenant, heard.event.source, derivedId(tenant, heard.event.source, heard.event.id));
}

/** The erasures that were approved. Which versions of the people are free was raised before. */
export async function approvedErasures(tx: Tx, pack: PolicyPack, lost: readonly LostRequest[]): Promise<readonly LostDispatch[]> {
  const approved = lost.flatMap(({ id, approved: act }) => (act ? [{ id, ...act }] : []));
  if (approved.length === 0) return [];
  const rows = await tx.query<{ id: string; ref: string; aliases: string[]; received_at: Date }>(
    'SELECT id, ref, aliases, received_at FROM request WHERE id = ANY($1) AND ref IS NOT NULL',
    [approved.map(({ id }) => id)],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const versions = await raise(tx, rows.map(({ ref }) => ref));
  return approved.flatMap(({ id, at, dispatchId }): LostDispatch[] => {
    const request = known.get(id);
    if (!request) return [];
    const { ref, aliases, received_at: receivedAt } = request;
    const createdAt = new Date(at);
    const dueAt = addDuration(createdAt, pack.operations.acknowledgementDue.value, calendarOf(pack));
    return [{ id: dispatchId, kind: 'erasure', ref, aliases, version: versions.get(ref) ?? 1, createdAt, dueAt, cause: { type: 'request', id }, body: { asOf: receivedAt.toISOString() } }];
  });
}

async function raise(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ ref: string; version: string }>(
    `INSERT INTO person (ref, version) SELECT DISTINCT r, 1 FROM unnest($1::text[]) AS r
     ON CONFLICT (ref) DO UPDATE SET version = person.version + 1 RETURNING ref, version`,
    [refs],
  );
  return new Map(rows.map(({ ref, version }) => [ref, Number(version)]));
}
