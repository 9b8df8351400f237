import { stepUpLocally, type LocalStepUp } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { requireTenant, runningSystem } from './running-system.js';

/** A proof of presence by the software key that `heed start` has enrolled, for one act on one thing. */
export async function stepUp(tenant: string, act: string, resource: string): Promise<LocalStepUp> {
  const { home, remote } = readCliConfig();
  if (remote !== undefined) {
    throw new CliError(`${act} needs a step-up with your own key at ${remote.origin}: make one in the browser and hand it on with --step-up; see docs/step-up.md.`);
  }
  const system = runningSystem();
  requireTenant(system, tenant);
  return stepUpLocally({ home, origin: system.origin, issuer: system.issuer }, tenant, { act, resource });
}
