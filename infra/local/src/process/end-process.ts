import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './process-identity.js';

/** Sends a signal to exactly this process; false when it is already gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    return false;
  }
}

/** Asks a process that need not be our child to end, and kills it when it has not done so in time. */
export async function endProcess(
  identity: ProcessIdentity,
  options: { readonly signal?: NodeJS.Signals; readonly graceMs?: number } = {},
): Promise<'gone' | 'ended' | 'killed'> {
  if (!signal(identity, options.signal ?? 'SIGTERM')) return 'gone';
  if (await waitForEnd(identity, options.graceMs ?? 10_000)) return 'ended';
  signal(identity, 'SIGKILL');
  await waitForEnd(identity, 5_000);
  return 'killed';
}

async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
