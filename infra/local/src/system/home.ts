import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asDiskFull, freeMegabytes } from '../process/disk.js';
import { isRoot } from '../process/host.config.js';
import { StartError } from '../process/start-error.js';

/** Where things lie below HEED_HOME. */
export class Home {
  constructor(readonly dir: string) {}

  readonly run = (): string => join(this.dir, 'run');
  readonly record = (part: string): string => join(this.run(), `${part}.json`);
  readonly system = (): string => join(this.run(), 'system.json');
  readonly lock = (): string => join(this.run(), 'lock');
  readonly log = (part: string): string => join(this.dir, 'logs', `${part}.log`);
  readonly keys = (part: string): string => join(this.dir, 'keys', part);
  readonly secrets = (): string => join(this.dir, 'secrets.json');
  readonly data = (part: string): string => join(this.dir, part);
}

/** Looks at the folder, or at what there is of it, and makes nothing: a refused start leaves nothing behind. */
export function checkHome(home: Home, minFreeMb: number): void {
  const there = existingPart(home.dir);
  try {
    if (!statSync(there).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw homeError(home.dir, cause);
  }
  const freeMb = freeMegabytes(there);
  if (freeMb < minFreeMb) {
    throw new StartError(
      'disk_full',
      `Only ${freeMb} MB are free for ${home.dir} and Heed wants ${minFreeMb}: free some space, or move HEED_HOME to another disk.`,
    );
  }
  // Its own mode is ours to set; those above it are not.
  const closed = isRoot() ? closedParent(there === home.dir ? dirname(there) : there) : undefined;
  if (closed !== undefined) {
    throw new StartError(
      'home_unusable',
      `PostgreSQL runs as the user "postgres", who may not enter ${closed}: set HEED_HOME to a folder such as /var/lib/heed.`,
    );
  }
}

/** Makes the folder usable, or says in one line why it is not. */
export function prepareHome(home: Home, minFreeMb: number): void {
  checkHome(home, minFreeMb);
  try {
    mkdirSync(home.dir, { recursive: true, mode: 0o755 });
    for (const name of ['run', 'logs', 'keys']) mkdirSync(join(home.dir, name), { recursive: true, mode: 0o700 });
    if (isRoot()) letPostgresThrough(home.dir);
  } catch (cause) {
    throw homeError(home.dir, cause);
  }
}

function existingPart(dir: string): string {
  return existsSync(dir) || dirname(dir) === dir ? dir : existingPart(dirname(dir));
}

/** Entering is not reading: what is secret below has modes of its own. */
function letPostgresThrough(dir: string): void {
  const { mode } = statSync(dir);
  if ((mode & 0o001) === 0) chmodSync(dir, (mode & 0o777) | 0o011);
}

function closedParent(dir: string): string | undefined {
  for (let path = dir; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return path;
    if (dirname(path) === path) return undefined;
  }
}

function homeError(dir: string, cause: unknown): StartError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  const line = `HEED_HOME ${dir} cannot be used (${code}): set HEED_HOME to a folder you may write to.`;
  return asDiskFull(cause, dir) ?? new StartError('home_unusable', line, { cause });
}
