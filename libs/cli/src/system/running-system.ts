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
