import { isRoot } from '../process/host.config.js';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';

export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root; there it runs as `postgres`, a system user that is created when it is missing. */
export async function postgresUser(): Promise<RunAs> {
  if (!isRoot()) return {};
  const found = await lookUp();
  if (found !== undefined) return found;
  await runCommand('groupadd', ['--system', 'postgres']);
  await runCommand('useradd', ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  const created = await lookUp();
  if (created !== undefined) return created;
  throw new StartError(
    'platform_unsupported',
    'PostgreSQL does not run as root and the user "postgres" could not be created: run "useradd --system postgres", or start Heed as another user.',
  );
}

async function lookUp(): Promise<RunAs | undefined> {
  const [uid, gid] = await Promise.all([runCommand('id', ['-u', 'postgres']), runCommand('id', ['-g', 'postgres'])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
}
