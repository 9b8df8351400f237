import { unavailable } from '@heed/kernel';
import type { PackDiff, PolicyPack } from '@heed/policy';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';

/** What the activation job is reminded of. */
export const ACTIVATION = 'policies';

/** A version with its state; `pack` is what was published, unchanged. */
export interface PolicyRow {
  readonly version: number;
  readonly hash: string;
  readonly pack: PolicyPack;
  readonly diff: PackDiff | null;
  readonly notice_id: string | null;
  readonly rule_version: number | null;
  readonly announced_for: Date;
  readonly published_by: string;
  readonly published_at: Date;
  readonly state: 'announced' | 'active' | 'superseded';
  readonly effective_from: Date;
  readonly activated_at: Date | null;
  readonly notice_recipients: number;
  readonly notice_delivered: number;
  readonly notice_delivered_at: Date | null;
  readonly notice_published_at: Date | null;
}

const SELECT = `SELECT v.version, v.hash, v.pack, v.diff, v.notice_id, v.rule_version, v.announced_for, v.published_by, v.published_at,
  s.state, s.effective_from, s.activated_at, s.notice_recipients, s.notice_delivered, s.notice_delivered_at, s.notice_published_at
  FROM policy_version v JOIN policy_state s USING (version)`;

export async function lockPolicies(tx: Tx): Promise<void> {
  await tx.query('SELECT 1 FROM policy_head FOR UPDATE');
}

export async function newestPolicy(tx: Tx): Promise<PolicyRow | undefined> {
  const [row] = await tx.query<PolicyRow>(`${SELECT} ORDER BY version DESC LIMIT 1`);
  return row;
}

export async function policyOf(tx: Tx, version: number): Promise<PolicyRow | undefined> {
  const [row] = await tx.query<PolicyRow>(`${SELECT} WHERE v.version = $1`, [version]);
  return row;
}

export async function activePolicy(tx: Tx): Promise<PolicyRow | undefined> {
  const [row] = await tx.query<PolicyRow>(`${SELECT} WHERE s.state = 'active'`);
  return row;
}

/** @throws HeedError `policy_not_ready` (503) before the first one is active */
export async function policyInForce(tx: Tx): Promise<PolicyRow> {
  const policy = await activePolicy(tx);
  if (!policy) throw unavailable('policy_not_ready', "The tenant's policy pack is not here yet; apply one with `heed pack apply`.");
  return policy;
}

export async function nextAnnounced(tx: Tx): Promise<PolicyRow | undefined> {
  const [row] = await tx.query<PolicyRow>(`${SELECT} WHERE s.state = 'announced' ORDER BY version LIMIT 1`);
  return row;
}

export async function policiesBefore(tx: Tx, before: number, limit: number): Promise<readonly PolicyRow[]> {
  return tx.query<PolicyRow>(`${SELECT} WHERE v.version < $1 ORDER BY version DESC LIMIT $2`, [before, limit]);
}

export interface NewVersion {
  readonly version: number;
  readonly hash: string;
  readonly pack: PolicyPack;
  readonly diff: PackDiff | null;
  readonly noticeId: string | null;
  readonly ruleVersion: number | null;
  readonly effectiveFrom: Date;
  readonly by: string;
}

export async function insertVersion(tx: Tx, v: NewVersion): Promise<void> {
  await tx.query(
    `INSERT INTO policy_version (version, hash, pack, diff, notice_id, rule_version, announced_for, published_by, published_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [v.version, v.hash, JSON.stringify(v.pack), v.diff && JSON.stringify(v.diff), v.noticeId, v.ruleVersion, v.effectiveFrom, v.by, tx.clock.now()],
  );
  await tx.query(`INSERT INTO policy_state (version, state, effective_from) VALUES ($1, 'announced', $2)`, [v.version, v.effectiveFrom]);
  await remind(tx, { work: ACTIVATION, at: v.effectiveFrom });
}

export async function markActive(tx: Tx, version: number): Promise<void> {
  await tx.query(`UPDATE policy_state SET state = 'superseded' WHERE state = 'active'`);
  await tx.query(`UPDATE policy_state SET state = 'active', activated_at = $2 WHERE version = $1`, [version, tx.clock.now()]);
}

export async function postpone(tx: Tx, version: number, to: Date): Promise<void> {
  await tx.query('UPDATE policy_state SET effective_from = $2 WHERE version = $1', [version, to]);
  await remind(tx, { work: ACTIVATION, at: to });
}
