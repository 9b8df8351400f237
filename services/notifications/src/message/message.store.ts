import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import type { RequestTemplate } from './domain/templates.js';

/** A message that this process is sending now. */
export interface Claimed {
  readonly id: string;
  readonly kind: 'request' | 'notice' | 'reminder';
  readonly template: RequestTemplate | 'policy_change' | 'access_review_overdue';
  readonly request_id: string | null;
  readonly ref: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly queued_at: Date;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly notice_id: string | null;
  readonly policy_version: number | null;
  readonly effective_from: Date | null;
  readonly changes: readonly string[] | null;
  readonly recipient_id: string | null;
  readonly email: Buffer | null;
}

/** Longer than a batch can take with every connection timing out. */
const LEASE = 10 * 60_000;
export const BATCH = 50;
/** What the sending job is reminded of. */
export const MAIL = 'mail';

/**
 * Takes due messages: `sending` is committed before the SMTP conversation begins. One that a dead process left so is
 * taken once more and marked, because nobody knows whether the server had it; see `abandoned` for the second time.
 */
export async function claim(tx: Tx): Promise<readonly Claimed[]> {
  const now = tx.clock.now();
  const lease = new Date(now.getTime() + LEASE);
  const claimed = await tx.query<Claimed>(
    `WITH due AS (
       SELECT id FROM message WHERE state IN ('queued', 'sending') AND next_at <= $1 ORDER BY next_at, id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE message m SET state = 'sending', attempts = attempts + 1, next_at = $2, doubtful = m.doubtful OR m.state = 'sending'
         FROM due WHERE m.id = due.id RETURNING m.*
     )
     SELECT t.id, t.kind, t.template, t.request_id, t.ref, t.params, t.attempts, t.queued_at, t.correlation_id, t.traceparent,
            t.notice_id, n.policy_version, n.effective_from, n.changes, t.recipient_id, r.email
       FROM taken t LEFT JOIN notice n ON n.id = t.notice_id LEFT JOIN recipient r ON r.id = t.recipient_id`,
    [now, lease],
  );
  if (claimed.length > 0) await remindAt(tx, lease);
  return claimed;
}

/** Messages that were left half sent twice: a third mail would do more harm than none. */
export async function abandoned(tx: Tx): Promise<readonly Claimed[]> {
  return tx.query<Claimed>(
    `SELECT id, kind, template, request_id, ref, params, attempts, queued_at, correlation_id, traceparent, notice_id, recipient_id
       FROM message WHERE state = 'sending' AND doubtful AND next_at <= $1 FOR UPDATE SKIP LOCKED`,
    [tx.clock.now()],
  );
}

/** Asks the sending job to look at this tenant then. */
export async function remindAt(tx: Tx, at: Date): Promise<void> {
  await remind(tx, { work: MAIL, at });
}
