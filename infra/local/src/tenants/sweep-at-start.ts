import { sweepTenants } from '@heed/provisioning';
import type { Home } from '../system/home.js';
import { findRunningSystem } from '../system/system-record.js';
import { localInstallation } from './local-installation.js';

/** Drops whoever was to be dropped while nothing ran, or half-way when it ended. What cannot be dropped keeps nothing down. */
export async function sweepAtStart(home: Home, env: Readonly<Record<string, string>>, tell: (line: string) => void): Promise<void> {
  const system = findRunningSystem(home);
  if (system === undefined) return;
  try {
    const { dropped } = await sweepTenants(localInstallation({ home, system, env, tell }), new Date(), () => undefined);
    for (const id of dropped) tell(`tenant ${id} was dropped: its time had come`);
  } catch (error) {
    tell(`a closed tenant could not be dropped: ${error instanceof Error ? error.message : 'unknown error'}; try "heed tenant sweep"`);
  }
}
