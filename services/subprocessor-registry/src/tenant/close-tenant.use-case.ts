import type { StepUp } from '@heed/auth';
import { tenantClosing, tenantReopened } from '@heed/contracts-subprocessor-registry';
import type { Call } from '@heed/http';
import { conflict, newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import { Injectable } from '@nestjs/common';
import { REGISTRY } from '../source.js';
import { lockPolicies, policyInForce } from '../policy/policy.store.js';
import { presenceOf } from '../step-up/privileged-mfa.js';
import { insertDecision, newestDecision } from './closing.store.js';

/**
 * Closing: from the decision to the drop lie the days that the policy in force promises. Until then the tenant is served
 * as before, for what people have a right to and for taking data along; and it can be kept after all.
 */
@Injectable()
export class CloseTenant {
  constructor(private readonly outbox: Outbox) {}

  /**
   * Closing again says nothing new, and moves no date.
   * @throws HeedError `step_up_too_weak` (401), `tenant_closed` (403) where the drop has begun
   */
  async close(tx: Tx, call: Call): Promise<void> {
    await lockPolicies(tx);
    const stepUp = await presenceOf(tx, call);
    if ((await newestDecision(tx))?.drop_after) return;
    const dropAfter = await dropDate(tx);
    await insertDecision(tx, dropAfter, call.actor);
    const data = { dropAfter: dropAfter.toISOString() };
    tx.record({ kind: 'tenant.closing', data: { ...data, ...actedBy(call.actor, stepUp) } });
    this.outbox.append([newEvent(tenantClosing, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }

  /** @throws HeedError `step_up_too_weak` (401), `tenant_closed` (403) where the drop has begun, `tenant_not_closing` (409) */
  async reopen(tx: Tx, call: Call): Promise<void> {
    await lockPolicies(tx);
    const stepUp = await presenceOf(tx, call);
    const dropAfter = (await newestDecision(tx))?.drop_after;
    if (!dropAfter) throw conflict('tenant_not_closing', 'This tenant is not being closed: there is nothing to take back.');
    await insertDecision(tx, null, call.actor);
    const data = { dropAfter: dropAfter.toISOString() };
    tx.record({ kind: 'tenant.reopened', data: { ...data, ...actedBy(call.actor, stepUp) } });
    this.outbox.append([newEvent(tenantReopened, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }
}

/** ASK-12, for instance: 30 days, counted in the tenant's zone. */
async function dropDate(tx: Tx): Promise<Date> {
  const { pack } = await policyInForce(tx);
  return addDuration(tx.clock.now(), pack.operations.dropAfterClosing.value, calendarOf(pack));
}

const actedBy = (actor: string, { id, method }: StepUp): Record<string, unknown> => ({ actor, stepUp: { id, method } });
