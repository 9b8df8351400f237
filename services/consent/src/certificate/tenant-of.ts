import type { Certificate } from '@heed/certificate';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';

/** Who certifies: the tenant as its policy in force names it. */
export async function tenantOf(tx: Tx, policies: PolicyStore): Promise<Certificate['tenant']> {
  const { tenant } = (await policies.current(tx)).pack;
  return { id: tx.tenant, name: tenant.name, controller: tenant.controller.value };
}
