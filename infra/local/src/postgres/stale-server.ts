import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../process/end-process.js';
import { identify, workingDirectory } from '../process/process-identity.js';

/**
 * A server whose starter was killed goes on by itself, and a pid file whose pid now belongs to a stranger keeps a new
 * one from starting. The server's working directory is its data directory, so the two are told apart without names.
 */
export async function endStaleServer(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const recorded = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (recorded === undefined) return;
  const identity = identify(Number(recorded.split('\n')[0]));
  if (identity !== undefined && workingDirectory(identity.pid) === (await realpath(dataDir))) {
    await endProcess(identity, { signal: 'SIGINT', graceMs: 10_000 });
    return;
  }
  await rm(pidFile, { force: true });
}
