import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../process/start-error.js';
import type { LocalHeed } from '../step-up/enrol-local-key.js';
import { postgresAdminUrl } from '../system/inspect.js';
import { readRecords } from '../system/part-record.js';
import { readSecrets, type Secrets } from '../system/secrets.js';
import type { Home } from '../system/home.js';
import type { SystemRecord } from '../system/system-record.js';

/** A running system, as a command beside it sees it. */
export interface RunningHeed extends LocalHeed {
  readonly system: SystemRecord;
  readonly postgresUrl: string;
}

export function runningHeed(home: Home, system: SystemRecord): RunningHeed {
  return { home, origin: system.origin, issuer: system.issuer, system, postgresUrl: postgresAdminUrl(home, system) };
}

export function secretsOf(home: Home): Secrets {
  const secrets = readSecrets(home);
  if (secrets === undefined) throw new StartError('home_unusable', `There are no secrets in ${home.dir}: start Heed with this HEED_HOME first.`);
  return secrets;
}

export function portOf(home: Home, part: string): number {
  const port = readRecords(home.run()).find((record) => record.name === part)?.port;
  if (port === undefined) throw new StartError('part_failed', `${part} does not run: see "heed status".`);
  return port;
}

/** Asks again until it is so; what the last try failed with is the reason that is told. */
export async function waitUntil(what: string, within: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + within;
  for (let reason = ''; ; ) {
    try {
      if (await isSo()) return;
    } catch (error) {
      reason = error instanceof Error ? `: ${error.message}` : '';
    }
    if (performance.now() > deadline) throw new StartError('job_failed', `${what} did not come about within ${within / 1000} s${reason}.`);
    await sleep(150);
  }
}
