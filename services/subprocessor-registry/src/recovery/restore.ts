import { registryEvents } from '@heed/contracts-subprocessor-registry';
import type { Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import { lockPolicies } from '../policy/policy.store.js';
import type { registryEnvironment } from '../subprocessor-registry.config.js';
import { restoreAuthenticators, restoreClosing, restoreRevokedKeys } from './restore-access.js';
import { restoreMaps } from './restore-maps.js';
import { restorePolicies } from './restore-policies.js';

/**
 * What the registry puts back of its own: data maps, versions of the policy, revoked authenticators and whether a tenant
 * closes. Revoked access comes back by itself: every service reads it from the registry's topic, this one too.
 */
export const registryRecovery: ServiceRecovery<typeof registryEnvironment> = {
  ownTopics: [registryEvents[0].topics[0] ?? ''],
  restore: (): Restore => async (tx, lost, { applied, missing }) => {
    await lockPolicies(tx);
    const maps = await restoreMaps(tx, lost);
    applied.add('data_maps', maps.restored);
    missing.add('data_maps', maps.unknown);
    applied.add('agent_keys_revoked', await restoreRevokedKeys(tx, lost));
    const policies = await restorePolicies(tx, lost);
    applied.add('policy_versions', policies.restored);
    missing.add('policy_versions', policies.unknown);
    const authenticators = await restoreAuthenticators(tx, lost);
    applied.add('authenticators_revoked', authenticators.revoked);
    missing.add('authenticators', authenticators.unknown);
    applied.add('decisions_to_close_the_tenant', await restoreClosing(tx, lost));
    missing.add('acts_of_access_reviews', lost.records.filter(({ kind }) => kind.startsWith('access_review.')).length);
  },
};
