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
  if (freeMegabytes(dir) >= HARDLY_ANY_MB) return undefined;
  return new StartError('disk_full', `The disk of ${dir} is full: free some space, or move HEED_HOME to another disk.`);
}
