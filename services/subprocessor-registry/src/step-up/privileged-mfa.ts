import type { PrivilegedMfa } from '@heed/auth';
import { unavailable } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { activePolicy } from '../policy/policy.store.js';

export interface MfaRule {
  readonly value: PrivilegedMfa;
  readonly source: string | readonly string[];
}

/** What the policy in force asks of those who do privileged acts. @throws HeedError `policy_not_ready` (503) before the first pack */
export async function privilegedMfaOf(tx: Tx): Promise<MfaRule> {
  const policy = await activePolicy(tx);
  if (!policy) throw unavailable('policy_not_ready', "The tenant's policy pack is not here yet; apply one with `heed pack apply`.");
  return policy.pack.security.privilegedMfa;
}

/** The promise behind the rule, where it is one. */
export const promiseOf = ({ source }: MfaRule): string | undefined => [source].flat().find((one) => one !== 'operator_default');
