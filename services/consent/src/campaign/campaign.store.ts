import type { Tx } from '@heed/persistence';

export type CampaignState = 'gathering' | 'asking' | 'expiring' | 'closed';

export interface Campaign {
  readonly id: string;
  readonly notice: string;
  readonly version: string;
  readonly older: readonly string[];
  readonly purposes: readonly string[];
  readonly deadline: Date | null;
  readonly onNoAnswer: 'keep' | 'expire';
  readonly state: CampaignState;
  readonly afterRef: string;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

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

const COLUMNS = `id, notice_id AS notice, notice_version AS version, older, purposes, deadline, on_no_answer AS "onNoAnswer", state, after_ref AS "afterRef",
  created_at AS "createdAt", closed_at AS "closedAt"`;

export async function campaignOf(tx: Tx, id: string): Promise<Campaign | undefined> {
  return (await tx.query<Campaign>(`SELECT ${COLUMNS} FROM campaign WHERE id = $1`, [id]))[0];
}

export const listCampaigns = (tx: Tx, before: string | null, limit: number): Promise<readonly Campaign[]> =>
  tx.query<Campaign>(`SELECT ${COLUMNS} FROM campaign WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`, [before, limit]);

export async function insertCampaign(tx: Tx, campaign: Omit<Campaign, 'state' | 'afterRef' | 'createdAt' | 'closedAt'>, by: string): Promise<boolean> {
  const { id, notice, version, older, purposes, deadline, onNoAnswer } = campaign;
  const rows = await tx.query(
    `INSERT INTO campaign (id, notice_id, notice_version, older, purposes, deadline, on_no_answer, state, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'gathering', $8, $9) ON CONFLICT (notice_id, notice_version) WHERE state <> 'closed' DO NOTHING RETURNING 1 AS one`,
    [id, notice, version, older, purposes, deadline, onNoAnswer, tx.clock.now(), by],
  );
  return rows.length > 0;
}

/** A campaign that has work, held by this transaction alone. */
export async function takeCampaign(tx: Tx): Promise<Campaign | undefined> {
  const [one] = await tx.query<Campaign>(
    `SELECT ${COLUMNS} FROM campaign WHERE state IN ('gathering', 'expiring') OR (state = 'asking' AND deadline <= $1) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [tx.clock.now()],
  );
  return one;
}

export async function moveCampaign(tx: Tx, id: string, state: CampaignState, afterRef = ''): Promise<void> {
  await tx.query(`UPDATE campaign SET state = $2, after_ref = $3, closed_at = CASE WHEN $2 = 'closed' THEN $4::timestamptz END WHERE id = $1`, [id, state, afterRef, tx.clock.now()]);
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

/** Questions by what became of them. */
export interface Progress {
  readonly toAsk: number;
  readonly asked: number;
  readonly given: number;
  readonly refused: number;
  readonly notAnswered: number;
  readonly expired: number;
  readonly skipped: { readonly askedRecently: number; readonly refused: number; readonly child: number };
}

const ANSWERED = `s.record_id IS DISTINCT FROM q.record_id`;
const PROGRESS = `
  SELECT count(*) FILTER (WHERE q.standing = 'to_ask' AND NOT (${ANSWERED}))::float8 AS to_ask,
         count(*) FILTER (WHERE q.asked_at IS NOT NULL)::float8 AS asked,
         count(*) FILTER (WHERE q.standing IN ('to_ask', 'asked') AND ${ANSWERED} AND s.state = 'given')::float8 AS given,
         count(*) FILTER (WHERE q.standing IN ('to_ask', 'asked') AND ${ANSWERED} AND s.state IN ('refused', 'withdrawn', 'objected'))::float8 AS refused,
         count(*) FILTER (WHERE q.standing = 'asked' AND NOT (${ANSWERED}))::float8 AS not_answered,
         count(*) FILTER (WHERE q.standing = 'expired')::float8 AS expired,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'asked_recently')::float8 AS skipped_recently,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'refused')::float8 AS skipped_refused,
         count(*) FILTER (WHERE q.standing = 'skipped' AND q.reason = 'child')::float8 AS skipped_child
    FROM campaign_question q LEFT JOIN consent_state s ON (s.ref, s.purpose, s.domain) = (q.ref, q.purpose, q.domain) WHERE q.campaign_id = $1`;

export async function progressOf(tx: Tx, id: string): Promise<Progress> {
  const [row] = await tx.query<Record<string, number>>(PROGRESS, [id]);
  const of = (name: string): number => row?.[name] ?? 0;
  return {
    toAsk: of('to_ask'), asked: of('asked'), given: of('given'), refused: of('refused'), notAnswered: of('not_answered'), expired: of('expired'),
    skipped: { askedRecently: of('skipped_recently'), refused: of('skipped_refused'), child: of('skipped_child') },
  };
}
