import { readFileSync } from 'node:fs';
import { chmod, mkdir, stat, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKafka, KafkaUsers, type KafkaSettings } from '@heed/kafka';
import { startChild, type Child, type ChildExit } from '../process/child.js';
import { diskFull } from '../process/disk.js';
import { assertPortFree, freePorts } from '../process/ports.js';
import { StartError } from '../process/start-error.js';
import { waitFor } from '../process/wait-for.js';
import { classDataArchive } from './class-data-archive.js';
import { kafkaJars } from './jars.js';
import { findJava } from './java.js';
import { controllerLogin, type KafkaSecurity } from './listeners.js';
import { serverProperties } from './server-properties.js';
import { formatStorage } from './storage.js';

export interface KafkaOptions {
  /** Holds server.properties and the log directory; created when it is missing, taken up when it is there. */
  readonly dir: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly controllerPort: number;
  /** Default: whoever reaches the loopback interface may do everything, in the clear. */
  readonly security?: KafkaSecurity;
  readonly logFile?: string;
  readonly onDownload?: () => void;
  /** Told as soon as the process exists, long before it is ready. */
  readonly onSpawn?: (child: Child) => void;
}

export interface EmbeddedKafka {
  readonly brokers: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly pid: number;
  readonly child: Child;
  readonly exited: Promise<ChildExit>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Ends this broker and starts one on the same data and ports. */
  restart(): Promise<EmbeddedKafka>;
}

const MEMORY_FLAGS = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const LOG_FLAGS = ['-Dorg.slf4j.simpleLogger.showDateTime=true', "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX"];

/**
 * Starts a real Apache Kafka, one KRaft node, on the loopback interface; its jars are fetched on first use.
 *
 * @example const kafka = await startKafka({ dir: '/tmp/kafka', port: 0, controllerPort: 0 });
 * @throws StartError when Java or Maven is missing, a port is taken or the disk is full.
 */
export async function startKafka(options: KafkaOptions): Promise<EmbeddedKafka> {
  const java = await findJava();
  const jars = await kafkaJars(options.onDownload);
  const archive = classDataArchive(jars, java);
  const [freeOne, freeTwo] = await freePorts(2);
  const port = options.port === 0 ? (freeOne ?? 0) : options.port;
  const controllerPort = options.controllerPort === 0 ? (freeTwo ?? 0) : options.controllerPort;
  await assertPortFree(port, 'Kafka');
  await assertPortFree(controllerPort, "Kafka's controller");

  const dataDir = join(options.dir, 'data');
  const properties = join(options.dir, 'server.properties');
  const { security = {} } = options;
  await mkdir(options.dir, { recursive: true });
  await writeFile(properties, serverProperties({ dataDir, port, controllerPort, security }), { mode: 0o600 });
  await chmod(properties, 0o600); // it may be there from before it held passwords
  await formatStorage(java.command, [...MEMORY_FLAGS, '-Xlog:cds=off', '-cp', jars.classPath], dataDir, properties);

  const logFile = options.logFile ?? `${options.dir}.log`;
  const logStart = await stat(logFile).then((file) => file.size, () => 0);
  const child = startChild({
    command: java.command,
    args: [...MEMORY_FLAGS, ...LOG_FLAGS, ...archive.flags, '-cp', jars.classPath, 'kafka.Kafka', properties],
    logFile,
    deathSignal: 'TERM',
  });
  options.onSpawn?.(child);
  const brokers = `127.0.0.1:${port}`;
  const started = async (): Promise<boolean> => (await logSince(logFile, logStart)).includes('Kafka Server started');
  const waiting = { timeoutMs: 120_000, everyMs: 50, unless: () => child.exit };
  const open = (): Promise<boolean> => opens(brokers, `127.0.0.1:${controllerPort}`, security);
  const result = (await waitFor(started, waiting)) === 'ready' && (await waitFor(open, waiting));
  if (result !== 'ready') {
    await child.stop('SIGTERM', 5_000);
    throw diskFull(options.dir) ?? startFailure(await logSince(logFile, logStart), logFile);
  }
  const stop = async (): Promise<void> => {
    // 143 is how a JVM ends on SIGTERM; anything else may have left half an archive behind.
    if ((await child.stop('SIGTERM', 20_000)).code === 143) await archive.keep();
  };
  return {
    brokers,
    port,
    controllerPort,
    pid: child.pid,
    child,
    exited: child.exited,
    stop,
    kill: async () => void (await child.stop('SIGKILL', 0)),
    restart: async () => {
      await stop();
      return startKafka({ ...options, port, controllerPort });
    },
  };
}

/**
 * True once the admin is let in, who must be whatever this folder was before: just made, run without logins, or restored
 * from a backup with other passwords. The controller's own login stands in its settings, so it always works.
 */
async function opens(brokers: string, controller: string, { login, tls }: KafkaSecurity): Promise<boolean> {
  const admin: KafkaSettings = {
    brokers: [brokers],
    clientId: 'heed-start',
    ...(login ? { sasl: { mechanism: 'scram-sha-512', username: login.admin, password: login.adminPassword } } : {}),
    ...(tls ? { tls: { minVersion: '1.2', ca: readFileSync(tls.caFile, 'utf8') } } : {}),
  };
  if (!login) return answers(admin);
  if (await answers(admin).catch(() => false)) return true;
  const settings = { brokers: [controller], clientId: 'heed-start', sasl: controllerLogin(login) };
  await KafkaUsers.with(settings, (users) => users.set(new Map([[login.admin, login.adminPassword]])));
  return answers(admin);
}

async function answers(settings: KafkaSettings): Promise<boolean> {
  const admin = createKafka({ ...settings, retries: 0 }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function logSince(logFile: string, start: number): Promise<string> {
  return (await readFile(logFile)).subarray(start).toString('utf8');
}

function startFailure(log: string, logFile: string): StartError {
  if (/Address already in use/.test(log)) return new StartError('port_taken', "Kafka's port is taken: set HEED_PORT_BASE to move.");
  if (/No space left on device/.test(log)) {
    return new StartError('disk_full', 'The disk is full: free some space, or move HEED_HOME to another disk.');
  }
  const reason = log.split('\n').filter((line) => /ERROR|Exception/.test(line)).at(0) ?? 'no answer in 120 s';
  return new StartError('part_failed', `Kafka did not start (${reason.slice(0, 200)}); see ${logFile}.`);
}
