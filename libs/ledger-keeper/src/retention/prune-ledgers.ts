import { failpoint } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { eachTenant } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { expiredBefore, ruleOf } from './audit-rule.js';
import type { AuditRule } from './audit-rule.js';
import { keptAudit, prunable, PRUNE_AT_ONCE, takeAway, thinCheckpoints } from './retention.store.js';

export interface PruneOptions {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Logger;
  /** The plan of a tenant, where the operator has set one. */
  readonly plans: Readonly<Record<string, string>>;
}

/** Checkpoints of so many days are all kept. */
const CHECKPOINT_DAYS = 7;

/**
 * Takes away records that were kept for as long as the tenant's plan says (AJU-29, ASK-13), in batches that each stand by
 * themselves: a process that dies goes on where it was. Leaf hashes stay, so what was proven remains provable.
 */
export class PruneLedgers {
  constructor(private readonly options: PruneOptions) {}

  run(): Promise<void> {
    const { database, unitOfWork } = this.options;
    return eachTenant(database, async (tenant) => {
      await unitOfWork.run(tenant, (tx) => thinCheckpoints(tx, new Date(tx.clock.now().getTime() - CHECKPOINT_DAYS * 86_400_000)));
      while (await unitOfWork.run(tenant, (tx) => this.batch(tx))) failpoint('ledger.batch-pruned');
    });
  }

  /** @returns whether there may be more */
  private async batch(tx: Tx): Promise<boolean> {
    const now = tx.clock.now();
    const rule = await this.ruleOf(tx);
    if (!rule) return false;
    const before = expiredBefore(rule.keep, now);
    const found = await prunable(tx, before);
    if (!found || found.upTo === found.prunedTo) return false;
    const count = await takeAway(tx, found.upTo, before, rule.by);
    failpoint('ledger.batch-taken-away');
    tx.record({ kind: 'ledger.pruned', data: { upTo: found.upTo, count, before: before.toISOString(), plan: rule.plan, keep: rule.keep, promise: rule.by } });
    return found.upTo - found.prunedTo === PRUNE_AT_ONCE;
  }

  private async ruleOf(tx: Tx): Promise<AuditRule | undefined> {
    const audit = await keptAudit(tx);
    if (!audit) return undefined;
    const plan = this.options.plans[tx.tenant];
    const rule = ruleOf(audit, plan);
    if (!rule) this.options.logger.warn({ tenant: tx.tenant, plan }, 'the policy offers no such audit plan: its ledger is not pruned');
    return rule;
  }
}
