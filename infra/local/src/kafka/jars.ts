import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../process/host.config.js';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';

export interface KafkaJars {
  readonly dir: string;
  /** Sorted and spelled out: the class data archive only fits a class path identical to the one it was made with. */
  readonly classPath: string;
}

const POM = join(import.meta.dirname, '..', '..', 'kafka', 'pom.xml');
const MARKER = 'complete.json';

/** Fetches the broker's jars once per machine and pom; a cache that lacks a jar or a byte is fetched again. */
export async function kafkaJars(onDownload?: () => void): Promise<KafkaJars> {
  const dir = await cachePath();
  const jars = (await wholeCache(dir)) ?? (await download(dir, onDownload));
  return { dir, classPath: jars.map((jar) => join(dir, jar)).join(':') };
}

/** Before anything is made: the jars are here, or there is a Maven to fetch them. @throws StartError `maven_missing` */
export async function assertKafkaCanBeHad(): Promise<void> {
  if ((await wholeCache(await cachePath())) !== undefined) return;
  const { code, output } = await runCommand('mvn', ['-v']);
  if (code === 'not_found') throw mavenFailure(code, output);
}

async function cachePath(): Promise<string> {
  return join(cacheDirectory(), `kafka-${createHash('sha256').update(await readFile(POM)).digest('hex').slice(0, 12)}`);
}

async function wholeCache(dir: string): Promise<string[] | undefined> {
  try {
    const sizes = JSON.parse(await readFile(join(dir, MARKER), 'utf8')) as Record<string, number>;
    for (const [jar, size] of Object.entries(sizes)) if ((await stat(join(dir, jar))).size !== size) return undefined;
    return Object.keys(sizes).sort();
  } catch {
    return undefined;
  }
}

async function download(dir: string, onDownload?: () => void): Promise<string[]> {
  onDownload?.();
  await mkdir(cacheDirectory(), { recursive: true, mode: 0o755 });
  const partial = `${dir}.${process.pid}`;
  const args = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  const run = await runCommand('mvn', args);
  if (run.code !== 0) {
    await rm(partial, { recursive: true, force: true });
    throw mavenFailure(run.code, run.output);
  }
  const jars = (await readdir(partial)).filter((name) => name.endsWith('.jar')).sort();
  const sizes: Record<string, number> = {};
  for (const jar of jars) sizes[jar] = (await stat(join(partial, jar))).size;
  await writeFile(join(partial, MARKER), JSON.stringify(sizes, null, 1));
  if ((await wholeCache(dir)) === undefined) {
    await rm(dir, { recursive: true, force: true });
    await rename(partial, dir).catch(() => undefined);
  }
  await rm(partial, { recursive: true, force: true });
  return jars;
}

function mavenFailure(code: number | 'not_found', output: string): StartError {
  if (code === 'not_found') {
    return new StartError(
      'maven_missing',
      'Maven is needed once to fetch Kafka and there is no "mvn": install it (Debian: "apt-get install maven"), or set KAFKA_BROKERS to a Kafka of your own.',
    );
  }
  if (/No space left on device/.test(output)) {
    return new StartError('disk_full', `The disk is full: free 100 MB for ${cacheDirectory()}, or move it with HEED_CACHE.`);
  }
  const reason = output.split('\n').find((line) => line.includes('[ERROR]')) ?? output.split('\n')[0] ?? '';
  return new StartError(
    'maven_failed',
    `Maven could not fetch Kafka (${reason.replace('[ERROR] ', '').slice(0, 300)}): check the network or Maven's settings and start again.`,
  );
}
