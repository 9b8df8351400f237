import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';
import type { RunAs } from './postgres-user.js';

/** Creates the cluster unless it is there. Built beside its place and renamed, so that half of one never counts. */
export async function initialiseCluster(initdb: string, dataDir: string, password: string, runAs: RunAs): Promise<void> {
  if ((await readdir(dataDir).catch((): string[] => [])).includes('PG_VERSION')) return;
  const parent = dirname(dataDir);
  const fresh = join(parent, `.${basename(dataDir)}-${randomBytes(4).toString('hex')}`);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = `${fresh}.pw`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await give([fresh, passwordFile], runAs);
  try {
    const flags = ['--encoding=UTF8', '--locale=C', '--no-sync', '--auth=scram-sha-256', '--username=postgres'];
    const run = await runCommand(initdb, [`--pgdata=${fresh}`, `--pwfile=${passwordFile}`, ...flags], {
      ...runAs,
      cwd: '/',
      env: { LC_ALL: 'C' },
    });
    if (run.code !== 0) throw initFailure(dataDir, run.output);
    await rm(dataDir, { recursive: true, force: true });
    await rename(fresh, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function give(paths: readonly string[], runAs: RunAs): Promise<void> {
  if (runAs.uid === undefined || runAs.gid === undefined) return;
  for (const path of paths) {
    await chown(path, runAs.uid, runAs.gid);
    await chmod(path, path.endsWith('.pw') ? 0o600 : 0o700);
  }
}

function initFailure(dataDir: string, output: string): StartError {
  if (/No space left on device/.test(output)) {
    return new StartError('disk_full', `The disk is full: free some space for ${dataDir}, or move HEED_HOME to another disk.`);
  }
  if (/Permission denied/.test(output)) {
    return new StartError(
      'home_unusable',
      `PostgreSQL may not use ${dataDir}: set HEED_HOME to a folder whose parents every user may enter.`,
    );
  }
  const lastLine = output.split('\n').at(-1) ?? '';
  return new StartError('part_failed', `PostgreSQL's initdb failed: ${lastLine}`);
}
