import { assertStrongEnough, holderIdOf } from '@heed/auth';
import type { StepUp } from '@heed/auth';
import type { Call } from '@heed/http';
import { conflict, unavailable } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { activePolicy } from '../policy/policy.store.js';

/** Changes of roles are made by somebody who has shown to be there, with what the policy asks for (AJU-49). */
export async function presenceOf(tx: Tx, call: Call): Promise<StepUp> {
  const policy = await activePolicy(tx);
  if (!policy) throw unavailable('policy_not_ready', "The tenant's policy pack is not here yet; apply one with `heed pack apply`.");
  assertStrongEnough(call.stepUp, policy.pack.security.privilegedMfa);
  return call.stepUp;
}

/** @throws HeedError `own_access` where somebody would decide about their own roles */
export function refuseOwn(call: Call, holderId: string): void {
  if (holderIdOf(call.tenant, call.actor) === holderId) throw conflict('own_access', 'Nobody decides about their own access: ask another administrator.');
}
