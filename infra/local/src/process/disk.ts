import { statfsSync } from 'node:fs';
import { StartError } from './start-error.js';

/** With less than this a server can neither work nor say in its log why it does not. */
const HARDLY_ANY_MB = 8;

export function freeMegabytes(dir: string): number {
  const disk = statfsSync(dir);
  return Math.floor((disk.bavail * disk.bsize) / (1 << 20));
}

/** The reason of a failure, if it is a full disk: then it stands in no log. */
export function diskFull(dir: string): StartError | undefined {
  return freeMegabytes(dir) >= HARDLY_ANY_MB ? undefined : fullDisk(dir);
}

/** The same of an error that a write threw; `dir` is named where the error does not say which file it was. */
export function asDiskFull(error: unknown, dir: string): StartError | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) return undefined;
  return fullDisk('path' in error && typeof error.path === 'string' ? error.path : dir, error);
}

function fullDisk(path: string, cause?: Error): StartError {
  return new StartError('disk_full', `The disk of ${path} is full: free some space, or move HEED_HOME to another disk.`, { cause });
}
