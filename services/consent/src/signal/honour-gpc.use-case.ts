import type { Call } from '@heed/http';
import { uuidv7 } from '@heed/kernel';
import type { Subject } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { DecisionQueue } from '../consent-record/decision-queue.js';
import type { Recorded } from '../consent-record/decision-call.js';
import { gpcPurposes } from './gpc-purposes.js';

/** How often a browser's signal is taken anew: it comes with every page load. */
const REPEATS_AFTER_MS = 60_000;

export interface GpcSignal {
  readonly subject: Subject;
  readonly jurisdiction?: string | undefined;
  readonly domain?: string | undefined;
}

/** A browser's standing no. It comes with every page load, and is written down once. */
export class HonourGpc {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly queue: DecisionQueue,
  ) {}

  async honour(call: Call, signal: GpcSignal): Promise<{ ref: string | null; purposes: readonly { purpose: string; state: string }[]; dispatchIds: readonly string[] }> {
    const { pack } = await this.unitOfWork.run(call.tenant, (tx) => this.policies.current(tx));
    const concerned = gpcPurposes(pack, signal.jurisdiction);
    if (concerned.length === 0) return { ref: null, purposes: [], dispatchIds: [] };
    const recorded: Recorded = await this.queue.record(
      call.tenant,
      {
        id: uuidv7(), subject: signal.subject, channel: 'gpc', actor: call.actor, cause: call.cause, onlyChanges: true, repeatsAfterMs: REPEATS_AFTER_MS,
        jurisdiction: signal.jurisdiction, domain: signal.domain,
        decisions: concerned.map(({ id }) => ({ purpose: id, decision: 'withdrawn' as const })),
      },
      undefined,
    );
    return { ref: recorded.ref, purposes: recorded.records.map(({ purpose, state }) => ({ purpose, state })), dispatchIds: recorded.dispatchIds };
  }
}
