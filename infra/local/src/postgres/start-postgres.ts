import { stat, readFile } from 'node:fs/promises';
import pg from 'pg';
import { startChild, type Child, type ChildExit } from '../process/child.js';
import { diskFull } from '../process/disk.js';
import { assertPortFree, freePort } from '../process/ports.js';
import { StartError } from '../process/start-error.js';
import { waitFor } from '../process/wait-for.js';
import { postgresBinaries } from './binaries.js';
import { initialiseCluster } from './initialise.js';
import { postgresUser } from './postgres-user.js';
import { endStaleServer } from './stale-server.js';

export interface PostgresOptions {
  /** Data directory; created when it is missing, taken up when it is there. */
  readonly dir: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The superuser's password; it counts only when the cluster is created. */
  readonly password?: string;
  readonly logFile?: string;
  /** For tests: a server that may lose everything in a crash, and is faster for it. */
  readonly throwAway?: boolean;
  /** More settings of the server, each `name=value`. */
  readonly settings?: readonly string[];
  /** Told as soon as the process exists, long before it is ready: who records pids must not miss this window. */
  readonly onSpawn?: (child: Child) => void;
}

export interface EmbeddedPostgres {
  /** Superuser URL of the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly child: Child;
  readonly exited: Promise<ChildExit>;
  /** Fast shutdown: rolls back what is open, writes a checkpoint, keeps the data. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const SERVER_SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300', 'shared_buffers=128MB', 'shared_preload_libraries=pg_stat_statements', 'autovacuum_naptime=10s'];
const THROW_AWAY_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_wal_size=2GB'];

/**
 * Starts a real PostgreSQL 18 on the loopback interface.
 *
 * @example const postgres = await startPostgres({ dir: '/tmp/pg', port: 0 });
 * @throws StartError when the port is taken, the disk is full or the folder cannot be used.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const [binaries, runAs] = await Promise.all([postgresBinaries(), postgresUser()]);
  const password = options.password ?? 'heed';
  await initialiseCluster(binaries.initdb, options.dir, password, runAs);
  await endStaleServer(options.dir);
  const port = options.port === 0 ? await freePort() : options.port;
  await assertPortFree(port, 'PostgreSQL');
  const settings = [...SERVER_SETTINGS, ...(options.throwAway === true ? THROW_AWAY_SETTINGS : []), ...(options.settings ?? [])];
  const logFile = options.logFile ?? `${options.dir}.log`;
  const logStart = await stat(logFile).then((file) => file.size, () => 0);
  const child = startChild({
    command: binaries.postgres,
    args: ['-D', options.dir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    env: { LC_ALL: 'C' },
    cwd: '/',
    logFile,
    ...runAs,
    // SIGINT is the fast shutdown; SIGTERM would wait for clients that are gone or never leave.
    deathSignal: 'INT',
  });
  options.onSpawn?.(child);
  const url = `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const result = await waitFor(() => answers(url), { timeoutMs: 120_000, everyMs: 30, unless: () => child.exit });
  if (result !== 'ready') {
    await child.stop('SIGINT', 5_000);
    throw diskFull(options.dir) ?? (await startFailure(logFile, logStart, port));
  }
  return {
    url,
    port,
    pid: child.pid,
    child,
    exited: child.exited,
    stop: async () => void (await child.stop('SIGINT', 20_000)),
    kill: async () => void (await child.stop('SIGKILL', 0)),
  };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function startFailure(logFile: string, logStart: number, port: number): Promise<StartError> {
  const log = (await readFile(logFile)).subarray(logStart).toString('utf8');
  if (/Address already in use/.test(log)) return new StartError('port_taken', `Port ${port} (PostgreSQL) is taken: set HEED_PORT_BASE to move.`);
  if (/No space left on device/.test(log)) return new StartError('disk_full', 'The disk is full: free some space, or move HEED_HOME to another disk.');
  const reason = log.split('\n').filter((line) => /FATAL|PANIC|ERROR/.test(line)).at(-1) ?? 'no answer in 120 s';
  return new StartError('part_failed', `PostgreSQL did not start (${reason.replace(/^.*?(FATAL|PANIC|ERROR)/, '$1')}); see ${logFile}.`);
}
