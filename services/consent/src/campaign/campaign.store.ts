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
