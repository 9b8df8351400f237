import { findRunningSystem, type SystemRecord } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';

/** The system that `heed start` runs in this HEED_HOME. */
export function runningSystem(): SystemRecord {
  const { home } = readCliConfig();
  const system = findRunningSystem(home);
  if (system === undefined) {
    throw new CliError(`Heed does not run in ${home.dir}: start it with "heed start", or set HEED_HOME to where it does.`);
  }
  return system;
}

/** @throws CliError naming the tenants that there are */
export function requireTenant(system: SystemRecord, tenant: string): void {
  if (system.tenants.includes(tenant)) return;
  throw new CliError(`There is no tenant "${tenant}" here; there are ${system.tenants.join(', ')}. Make one with "heed tenant create": see docs/tenants.md.`);
}
