import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hostEnvironment } from './host.config.js';
import { identify, type ProcessIdentity } from './process-identity.js';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Sent by the kernel when the starting process dies, where `setpriv` exists. */
  readonly deathSignal?: 'TERM' | 'INT';
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly identity: ProcessIdentity;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly exit: ChildExit | undefined;
  signal(name: NodeJS.Signals): void;
  /** Asks, waits, then kills. */
  stop(name: NodeJS.Signals, graceMs: number): Promise<ChildExit>;
}

const MAX_LOG_BYTES = 20 << 20;

/**
 * Starts a process that writes straight into its own log file and stands in its own process group, so that it
 * neither loses output nor receives the terminal's Ctrl-C before the supervisor decided the order of the end.
 */
export function startChild(options: ChildOptions): Child {
  const setpriv = options.deathSignal === undefined ? undefined : setprivPath();
  const [command, args] =
    setpriv === undefined
      ? [options.command, options.args]
      : [setpriv, ['--pdeathsig', options.deathSignal ?? 'TERM', '--', options.command, ...options.args]];
  const log = openLog(options.logFile);
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...hostEnvironment(), ...options.env },
    stdio: ['ignore', log, log],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(log);
  return new RunningChild(child, options.command);
}

class RunningChild implements Child {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ChildExit>;
  exit: ChildExit | undefined;

  constructor(private readonly child: ChildProcess, command: string) {
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.exit ??= { code, signal };
        resolve(this.exit);
      };
      child.once('exit', end);
      child.once('error', () => end(127, null));
    });
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    this.identity = identify(child.pid) ?? { pid: child.pid, startTime: 'ended' };
  }

  get pid(): number {
    return this.identity.pid;
  }

  signal(name: NodeJS.Signals): void {
    if (this.exit === undefined) this.child.kill(name);
  }

  async stop(name: NodeJS.Signals, graceMs: number): Promise<ChildExit> {
    this.signal(name);
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Appends; a file that has grown large makes room for a new one first. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

function setprivPath(): string | undefined {
  return ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
}
