import { failpoint, uuidv7 } from '@heed/kernel';
import { Database, eachTenant, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import type { DecisionCall } from '../consent-record/decision-call.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { lockExpired } from './expired-states.store.js';
import type { ExpiredState } from './expired-states.store.js';

/** Consents of one transaction: nobody's own decision waits longer for it. */
const BATCH = 200;

/**
 * Writes down that a consent is over, and tells the stores as of a withdrawal. A check has said no since the very moment:
 * what this is late by is only how long a store that does not ask goes on. Several instances share the work.
 */
export class ExpireConsents {
  constructor(
    private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly decisions: RecordDecisions },
  ) {}

  run(): Promise<void> {
    return eachTenant(this.deps.database, async (tenant) => {
      while ((await this.expireSome(tenant)) === BATCH);
    });
  }

  private async expireSome(tenant: string): Promise<number> {
    const expired = await this.deps.unitOfWork.run(tenant, async (tx) => {
      const states = await lockExpired(tx, BATCH);
      if (states.length > 0) await this.deps.decisions.record(tx, callsOf(tx, states));
      if (states.length > 0) failpoint('consent.expiry.before-commit');
      return states.length;
    });
    if (expired > 0) failpoint('consent.expiry.committed');
    return expired;
  }
}

/** What ends at the same moment for the same person is said at once. */
function callsOf(tx: Tx, states: readonly ExpiredState[]): readonly DecisionCall[] {
  const together = Map.groupBy(states, ({ ref, domain, validUntil, jurisdiction }) => [ref, domain, validUntil.getTime(), jurisdiction].join(' '));
  return [...together.values()].flatMap((own): DecisionCall[] => {
    const [first] = own;
    if (!first) return [];
    const id = uuidv7(tx.clock.now());
    return [
      {
        id, subject: { ref: first.ref }, channel: 'expiry', actor: 'heed', occurredAt: first.validUntil.toISOString(), cause: { correlationId: id },
        jurisdiction: first.jurisdiction ?? undefined, domain: first.domain || undefined,
        // Somebody may have decided between the look and the lock.
        decisions: own.map(({ purpose, recordId }) => ({ purpose, decision: 'expired', onlyIf: recordId })),
      },
    ];
  });
}
