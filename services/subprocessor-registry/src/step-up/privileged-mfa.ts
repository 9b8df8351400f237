import { assertStrongEnough } from '@heed/auth';
import type { PrivilegedMfa, StepUp } from '@heed/auth';
import type { Call } from '@heed/http';
import type { Tx } from '@heed/persistence';
import { policyInForce } from '../policy/policy.store.js';

export interface MfaRule {
  readonly value: PrivilegedMfa;
  readonly source: string | readonly string[];
}

/** What the policy in force asks of those who do privileged acts. @throws HeedError `policy_not_ready` (503) before the first pack */
export async function privilegedMfaOf(tx: Tx): Promise<MfaRule> {
  return (await policyInForce(tx)).pack.security.privilegedMfa;
}

/**
 * A privileged act of this service is done by somebody who has shown to be there, with what the policy asks for at this
 * moment (AJU-49): it may have become stricter since the step-up was completed.
 * @throws HeedError `step_up_required`, `step_up_too_weak` (401), `policy_not_ready` (503)
 */
export async function presenceOf(tx: Tx, call: Call): Promise<StepUp> {
  assertStrongEnough(call.stepUp, await privilegedMfaOf(tx));
  return call.stepUp;
}

/** The promise behind the rule, where it is one. */
export const promiseOf = ({ source }: MfaRule): string | undefined => [source].flat().find((one) => one !== 'operator_default');
