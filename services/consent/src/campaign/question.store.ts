import type { Tx } from '@heed/persistence';

/** One question to one person. */
export interface Question {
  readonly ref: string;
  readonly purpose: string;
  readonly domain: string;
  readonly recordId: string;
}

export interface NewQuestion extends Question {
  readonly standing: 'to_ask' | 'skipped';
  /** Why it is not put. */
  readonly reason: string | null;
}

export async function addQuestions(tx: Tx, id: string, questions: readonly NewQuestion[]): Promise<void> {
  if (questions.length === 0) return;
  await tx.query(
    `INSERT INTO campaign_question (campaign_id, ref, purpose, domain, standing, reason, record_id)
     SELECT $1, ref, purpose, domain, standing, reason, record_id
       FROM jsonb_to_recordset($2::jsonb) AS q(ref text, purpose text, domain text, standing text, reason text, record_id uuid) ON CONFLICT DO NOTHING`,
    [id, JSON.stringify(questions.map(({ recordId, ...rest }) => ({ ...rest, record_id: recordId })))],
  );
}

/** The person has not answered: what stood when the question was put on the list still stands, and they are still somebody. */
const UNANSWERED = `FROM campaign_question q JOIN consent_state s ON (s.ref, s.purpose, s.domain) = (q.ref, q.purpose, q.domain) AND s.record_id = q.record_id
  JOIN subject p ON p.ref = q.ref AND p.person IS NULL AND p.erased_at IS NULL WHERE q.campaign_id = $1`;

/** Whom to ask for what, from one person on. */
export const questionsToAsk = (tx: Tx, id: string, after: readonly string[], limit: number): Promise<readonly { ref: string; domain: string; purposes: string[] }[]> =>
  tx.query(
    `SELECT q.ref, q.domain, array_agg(q.purpose ORDER BY q.purpose) AS purposes ${UNANSWERED} AND q.standing = 'to_ask' AND (q.ref, q.domain) > ($2, $3)
      GROUP BY q.ref, q.domain ORDER BY q.ref, q.domain LIMIT $4`,
    [id, after[0] ?? '', after[1] ?? '', limit],
  );

/** The questions to these people that were not put yet; the people are locked. */
export const unasked = (tx: Tx, id: string, refs: readonly string[]): Promise<readonly Question[]> =>
  tx.query<Question>(
    `SELECT q.ref, q.purpose, q.domain, q.record_id AS "recordId" ${UNANSWERED} AND q.standing = 'to_ask' AND q.ref = ANY($2) ORDER BY q.ref, q.domain, q.purpose FOR UPDATE OF p`,
    [id, refs],
  );

/** The yes of those who were asked and said nothing; whoever is being written about is passed over. */
export const silent = (tx: Tx, id: string, limit: number): Promise<readonly Question[]> =>
  tx.query<Question>(
    `SELECT q.ref, q.purpose, q.domain, q.record_id AS "recordId" ${UNANSWERED} AND q.standing = 'asked' AND s.state = 'given'
      ORDER BY q.ref, q.domain, q.purpose LIMIT $2 FOR UPDATE OF p SKIP LOCKED`,
    [id, limit],
  );

export async function hasSilent(tx: Tx, id: string): Promise<boolean> {
  return (await tx.query(`SELECT 1 AS one ${UNANSWERED} AND q.standing = 'asked' AND s.state = 'given' LIMIT 1`, [id])).length > 0;
}

export async function markQuestions(tx: Tx, id: string, questions: readonly Question[], standing: 'asked' | 'expired'): Promise<void> {
  await tx.query(
    `UPDATE campaign_question q SET standing = $2, asked_at = coalesce(q.asked_at, $3) FROM unnest($4::text[], $5::text[], $6::text[]) AS n(ref, purpose, domain)
      WHERE q.campaign_id = $1 AND (q.ref, q.purpose, q.domain) = (n.ref, n.purpose, n.domain)`,
    [id, standing, tx.clock.now(), questions.map((q) => q.ref), questions.map((q) => q.purpose), questions.map((q) => q.domain)],
  );
}
