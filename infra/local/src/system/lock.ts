import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from '../process/process-identity.js';
import { StartError } from '../process/start-error.js';
import type { Home } from './home.js';

/**
 * One supervisor per home. The lock holds its owner's pid and start time, so a lock left by a killed start is no
 * obstacle, and a stranger who was given the same pid is none either.
 *
 * @returns the function that gives the lock back.
 */
export function lockHome(home: Home): () => void {
  const me = identify(process.pid);
  if (me === undefined) throw new Error('this process cannot be identified');
  const mine = `${home.lock()}.${me.pid}`;
  writeFileSync(mine, JSON.stringify(me), { mode: 0o600 });
  try {
    while (!tryLink(mine, home.lock())) {
      const owner = readOwner(home.lock());
      if (owner !== undefined && isAlive(owner)) {
        throw new StartError(
          'already_running',
          `Heed already runs in ${home.dir} (pid ${owner.pid}): see "heed status", end it with Ctrl-C or "kill ${owner.pid}", or set another HEED_HOME and HEED_PORT_BASE.`,
        );
      }
      removeStale(home.lock(), `${mine}.stale`, owner);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (readOwner(home.lock())?.startTime === me.startTime) rmSync(home.lock(), { force: true });
  };
}

/** A hard link either is made, with all its content, or is not: two starts cannot both win. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the stale lock away by renaming, and puts it back if meanwhile it had become somebody's. */
function removeStale(lock: string, aside: string, stale: ProcessIdentity | undefined): void {
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  const taken = readOwner(aside);
  if (taken !== undefined && taken.startTime !== stale?.startTime) tryLink(aside, lock);
  rmSync(aside, { force: true });
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
