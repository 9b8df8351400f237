import { fetchLocalToken } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { requireTenant, runningSystem } from './running-system.js';

/** An access token of the local issuer for a tenant's people, with exactly these roles. */
export async function localToken(tenant: string, roles: readonly string[]): Promise<string> {
  const system = runningSystem();
  requireTenant(system, tenant);
  return fetchLocalToken(readCliConfig().home, system.issuer, tenant, roles);
}
