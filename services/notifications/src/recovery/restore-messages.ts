import { messageFailed, messageSent } from '@heed/contracts-notifications';
import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';

const told = z.object({ messageId: z.uuid(), template: z.string() });
const delivered = z.object({ noticeId: z.uuid(), recipientId: z.uuid(), deliveredAt: z.iso.datetime() });

interface LostMessage {
  readonly id: string;
  readonly ref: string;
  readonly template: string;
  readonly state: 'sent' | 'failed';
  readonly requestId: string | null;
  readonly reason: string | null;
  readonly at: string;
}

function lostMessages({ records, published }: Lost): readonly LostMessage[] {
  const events = new Map<string, { requestId: string | null; reason: string | null }>();
  for (const { type, data } of published) {
    const sent = type === messageSent.type ? messageSent.data.safeParse(data).data : undefined;
    if (sent) events.set(sent.messageId, { requestId: sent.requestId, reason: null });
    const failed = type === messageFailed.type ? messageFailed.data.safeParse(data).data : undefined;
    if (failed) events.set(failed.messageId, { requestId: failed.requestId, reason: failed.reason });
  }
  return records.flatMap(({ kind, ref, at, data }): LostMessage[] => {
    const state = ({ 'message.sent': 'sent', 'message.failed': 'failed' } as const)[kind];
    const parsed = told.safeParse(data);
    if (!state || !parsed.success || ref === undefined) return [];
    const { messageId: id, template } = parsed.data;
    return [{ id, ref, template, state, at, requestId: events.get(id)?.requestId ?? null, reason: events.get(id)?.reason ?? null }];
  });
}

/** Mails that people have: dsar's wish for them is read again, and must find them sent. */
export async function restoreMessages(tx: Tx, lost: Lost): Promise<number> {
  const messages = lostMessages(lost);
  await tx.query(
    `INSERT INTO message (id, kind, template, request_id, ref, correlation_id, state, reason, attempts, next_at, created_at, queued_at, sent_at)
     SELECT id, 'request', template, "requestId", ref, id::text, state, reason, 1, at, at, at, CASE WHEN state = 'sent' THEN at END
       FROM jsonb_to_recordset($1::jsonb) AS m(id uuid, template text, "requestId" uuid, ref text, state text, reason text, at timestamptz)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, sent_at = excluded.sent_at, params = excluded.params`,
    [JSON.stringify(messages)],
  );
  return messages.length;
}

/** Notices that recipients have; who was added since is not known any more, and is counted. */
export async function restoreDeliveries(tx: Tx, { records }: Lost): Promise<{ restored: number; unknown: number }> {
  const deliveries = records.flatMap(({ id, kind, data }) => {
    const parsed = kind === 'notice.delivered' ? delivered.safeParse(data) : undefined;
    return parsed?.success ? [{ id, ...parsed.data }] : [];
  });
  const distinct = [...new Map(deliveries.map((one) => [`${one.noticeId} ${one.recipientId}`, one])).values()];
  const rows = await tx.query(
    `INSERT INTO message AS m (id, kind, template, notice_id, recipient_id, correlation_id, state, attempts, next_at, created_at, queued_at, sent_at)
     SELECT d.id, 'notice', 'policy_change', n.id, r.id, d.id::text, 'sent', 1, d."deliveredAt", d."deliveredAt", d."deliveredAt", d."deliveredAt"
       FROM jsonb_to_recordset($1::jsonb) AS d(id uuid, "noticeId" uuid, "recipientId" uuid, "deliveredAt" timestamptz)
       JOIN notice n ON n.id = d."noticeId" JOIN recipient r ON r.id = d."recipientId"
     ON CONFLICT (notice_id, recipient_id) DO UPDATE SET state = 'sent', reason = NULL, sent_at = coalesce(m.sent_at, excluded.sent_at) RETURNING 1 AS one`,
    [JSON.stringify(distinct)],
  );
  return { restored: rows.length, unknown: distinct.length - rows.length };
}

/** Recipients who were erased since are erased again. */
export async function eraseRecipients(tx: Tx, lost: Lost): Promise<number> {
  const gone = await tx.query('DELETE FROM recipient WHERE id = ANY($1) RETURNING 1 AS one', [erasedIn(lost)]);
  return gone.length;
}

const erasedIn = ({ records }: Lost): readonly string[] =>
  records.flatMap(({ kind, data }) => (kind === 'recipient.erased' ? (z.object({ id: z.uuid() }).safeParse(data).data?.id ?? []) : []));

/** Whose address was saved since, and who was not erased. */
export async function lostRecipients(tx: Tx, lost: Lost): Promise<number> {
  const erased = new Set(erasedIn(lost));
  const saved = lost.records.flatMap(({ kind, data }) => (kind === 'recipients.saved' ? (z.object({ ids: z.array(z.uuid()) }).safeParse(data).data?.ids ?? []) : []));
  const ids = saved.filter((id) => !erased.has(id));
  const [row] = await tx.query<{ count: number }>('SELECT count(DISTINCT i)::int AS count FROM unnest($1::uuid[]) AS i WHERE NOT EXISTS (SELECT 1 FROM recipient r WHERE r.id = i)', [ids]);
  return row?.count ?? 0;
}
