import type { Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { normalise } from '../subject/normalise.js';

/** In the one form in which they are looked up, with the tenant's country for numbers without a country code. */
export async function normaliseAll(tx: Tx, policies: PolicyStore, identifiers: readonly Identifier[]): Promise<readonly Identifier[]> {
  const { pack } = await policies.current(tx);
  return identifiers.map((identifier) => normalise(identifier, pack.tenant.country?.value));
}
