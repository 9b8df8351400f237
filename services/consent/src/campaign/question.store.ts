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

/** A question that is open, with whom it leads to now and the decision of theirs that stands. */
export interface OpenQuestion extends Question {
  /** Another ref than the question's where they were merged since. */
  readonly person: string;
}

/**
 * The decision that the question was put about still stands: by its record, or as a yes to one of the older versions. The
 * latter is what a merge makes of it, which writes it down anew under the ref that the person has from then on.
 */
export const STANDS = `(s.record_id = q.record_id OR (s.state = 'given' AND s.notice_id = c.notice_id AND s.notice_version = ANY(c.older)))`;

const OPEN = `q.ref, own.ref AS person, q.purpose, q.domain, s.record_id AS "recordId"`;
/** The person has not answered, and is still somebody. */
const UNANSWERED = `FROM campaign_question q JOIN campaign c ON c.id = q.campaign_id JOIN subject asked ON asked.ref = q.ref
  JOIN subject own ON own.ref = coalesce(asked.person, asked.ref) AND own.person IS NULL AND own.erased_at IS NULL
  JOIN consent_state s ON (s.ref, s.purpose, s.domain) = (own.ref, q.purpose, q.domain) AND ${STANDS} WHERE q.campaign_id = $1`;

export interface ToAsk {
  /** The ref that the list is in the order of: where its next page begins. */
  readonly listed: string;
  readonly ref: string;
  readonly domain: string;
  readonly purposes: readonly string[];
}

/** Whom to ask for what, from one person on. */
export const questionsToAsk = (tx: Tx, id: string, after: readonly string[], limit: number): Promise<readonly ToAsk[]> =>
  tx.query<ToAsk>(
    `SELECT q.ref AS listed, own.ref, q.domain, array_agg(q.purpose ORDER BY q.purpose) AS purposes ${UNANSWERED} AND q.standing = 'to_ask' AND (q.ref, q.domain) > ($2, $3)
      GROUP BY q.ref, own.ref, q.domain ORDER BY q.ref, q.domain LIMIT $4`,
    [id, after[0] ?? '', after[1] ?? '', limit],
  );

/** The questions to these people that were not put yet, under whichever of their refs; the people are locked. */
export const unasked = (tx: Tx, id: string, refs: readonly string[]): Promise<readonly OpenQuestion[]> =>
  tx.query<OpenQuestion>(
    `SELECT ${OPEN} ${UNANSWERED} AND q.standing = 'to_ask' AND q.ref IN (SELECT unnest($2::text[]) UNION SELECT ref FROM subject WHERE person = ANY($2))
      ORDER BY own.ref, q.domain, q.purpose, q.ref FOR UPDATE OF own`,
    [id, refs],
  );

/** The yes of those who were asked and said nothing; whoever is being written about is passed over. */
export const silent = (tx: Tx, id: string, limit: number): Promise<readonly OpenQuestion[]> =>
  tx.query<OpenQuestion>(
    `SELECT ${OPEN} ${UNANSWERED} AND q.standing = 'asked' AND s.state = 'given'
      ORDER BY q.ref, q.domain, q.purpose LIMIT $2 FOR UPDATE OF own SKIP LOCKED`,
    [id, limit],
  );

export async function hasSilent(tx: Tx, id: string): Promise<boolean> {
  return (await tx.query(`SELECT 1 AS one ${UNANSWERED} AND q.standing = 'asked' AND s.state = 'given' LIMIT 1`, [id])).length > 0;
}

/** What is written of questions at once, a person and domain each; of two refs that are one person by now, a purpose once. */
export function byPerson(questions: readonly OpenQuestion[]): readonly { readonly person: string; readonly domain: string; readonly questions: readonly OpenQuestion[] }[] {
  const people = Map.groupBy(questions, ({ person, domain }) => `${person} ${domain}`);
  return [...people.values()].flatMap((own) => {
    const [first] = own;
    return first ? [{ person: first.person, domain: first.domain, questions: [...new Map(own.map((question) => [question.purpose, question])).values()] }] : [];
  });
}

export async function markQuestions(tx: Tx, id: string, questions: readonly Question[], standing: 'asked' | 'expired'): Promise<void> {
  await tx.query(
    `UPDATE campaign_question q SET standing = $2, asked_at = coalesce(q.asked_at, $3) FROM unnest($4::text[], $5::text[], $6::text[]) AS n(ref, purpose, domain)
      WHERE q.campaign_id = $1 AND (q.ref, q.purpose, q.domain) = (n.ref, n.purpose, n.domain)`,
    [id, standing, tx.clock.now(), questions.map((q) => q.ref), questions.map((q) => q.purpose), questions.map((q) => q.domain)],
  );
}
