import type { Tx } from '@heed/persistence';
import type { AuditSection } from './audit-rule.js';

/** Keeps what the newest policy in force says; told late or twice, it changes nothing. */
export async function keepAudit(tx: Tx, version: number, audit: AuditSection): Promise<void> {
  await tx.query(
    `INSERT INTO ledger_retention AS r (policy_version, audit) VALUES ($1, $2)
     ON CONFLICT (one) DO UPDATE SET policy_version = excluded.policy_version, audit = excluded.audit WHERE r.policy_version < excluded.policy_version`,
    [version, JSON.stringify(audit)],
  );
}

/** Undefined before the tenant's first policy has arrived. */
export async function keptAudit(tx: Tx): Promise<AuditSection | undefined> {
  const [row] = await tx.query<{ audit: AuditSection }>('SELECT audit FROM ledger_retention');
  return row?.audit;
}

/** Records before `upTo` can go, or have gone; `undefined` while the ledger is held by another. */
export interface Prunable {
  readonly prunedTo: number;
  readonly upTo: number;
}

/** Records looked at in one transaction. */
export const PRUNE_AT_ONCE = 2000;

/**
 * The longest run of the oldest records that were all recorded before the time and are under a checkpoint: what goes is
 * always a beginning of the ledger. Holds the ledger for this transaction.
 */
export async function prunable(tx: Tx, before: Date): Promise<Prunable | undefined> {
  const [head] = await tx.query<{ pruned_to: string; signed_size: string; latest: Date }>(
    `SELECT pruned_to, signed_size, least($1::timestamptz, clock_timestamp() - interval '7 days') AS latest FROM ledger_head FOR UPDATE SKIP LOCKED`,
    [before],
  );
  if (!head) return undefined;
  const rows = await tx.query<{ index: string; over: boolean }>(
    `SELECT l.index, e.recorded_at IS NULL OR e.recorded_at < $3 AS over FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id
      WHERE l.index >= $1 AND l.index < $2 ORDER BY l.index LIMIT ${PRUNE_AT_ONCE}`,
    [head.pruned_to, head.signed_size, head.latest],
  );
  const prunedTo = Number(head.pruned_to);
  const kept = rows.findIndex(({ over }) => !over);
  return { prunedTo, upTo: prunedTo + (kept < 0 ? rows.length : kept) };
}

/** Takes the records away. @returns how many there were */
export async function takeAway(tx: Tx, upTo: number, before: Date, by: string): Promise<number> {
  const [row] = await tx.query<{ count: string }>('SELECT ledger_prune($1, $2) AS count', [upTo, before]);
  await tx.query('UPDATE ledger_head SET pruned_to = $1, pruned_before = $2, pruned_by = $3', [upTo, before, by]);
  return Number(row?.count);
}

/** Of old checkpoints the last of each hour stays. */
export async function thinCheckpoints(tx: Tx, before: Date): Promise<void> {
  await tx.query('SELECT ledger_thin($1)', [before]);
}
