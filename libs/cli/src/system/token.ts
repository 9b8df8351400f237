import { fetchLocalToken } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { runningSystem } from './running-system.js';

/** An access token of the local issuer for a tenant's people, with exactly these roles. */
export async function localToken(tenant: string, roles: readonly string[]): Promise<string> {
  const system = runningSystem();
  if (!system.tenants.includes(tenant)) {
    throw new CliError(`There is no tenant "${tenant}" here; there are ${system.tenants.join(', ')}.`);
  }
  return fetchLocalToken(readCliConfig().home, system.issuer, tenant, roles);
}
