import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';

/** Formats the log directory unless it is formatted: the step that a KRaft node needs once in its life. */
export async function formatStorage(java: string, jvmFlags: readonly string[], dataDir: string, properties: string): Promise<void> {
  if (existsSync(join(dataDir, 'meta.properties'))) return;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const clusterId = randomBytes(16).toString('base64url');
  const format = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', `--cluster-id=${clusterId}`, '-c', properties]; // with `=`, for an id may begin with a hyphen
  const run = await runCommand(java, [...jvmFlags, ...format]);
  if (run.code === 0) return;
  if (/No space left on device/.test(run.output)) {
    throw new StartError('disk_full', `The disk is full: free some space for ${dataDir}, or move HEED_HOME to another disk.`);
  }
  throw new StartError('part_failed', `Kafka could not format ${dataDir}: ${run.output.split('\n').at(-1) ?? ''}`);
}
