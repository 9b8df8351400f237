import { checkout, localInstallation } from '@heed/local';
import { environmentInstallation, type Installation } from '@heed/provisioning';
import { readCliConfig, readProvisioning } from '../cli.config.js';
import { printRemark } from '../output/print.js';
import { runningSystem } from './running-system.js';

export interface Target {
  readonly installation: Installation;
  /** The embedded system of this computer, where issuer, agent and policy are taken care of too. */
  readonly isLocal: boolean;
}

/**
 * Where tenants are made and dropped: HEED_DATABASE_ADMIN_URL names an installation elsewhere, else it is the system that
 * runs in this HEED_HOME.
 * @param pack of the tenant that is made
 */
export function provisioningTarget(pack?: string): Target {
  const { env, elsewhere } = readProvisioning();
  if (elsewhere) return { installation: environmentInstallation(env, checkout, printRemark), isLocal: false };
  const { home } = readCliConfig();
  const system = runningSystem();
  return { installation: localInstallation({ home, system, env, tell: printRemark, ...(pack === undefined ? {} : { pack }) }), isLocal: true };
}
