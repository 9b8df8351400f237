import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

const KILL_AFTER_MS = 30_000;

export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** After this it is ended with all it started, and has failed. */
  readonly limitMs: number;
}

export interface CheckResult {
  readonly ok: boolean;
  readonly seconds: number;
  /** Why it failed, in one line. */
  readonly reason?: string;
}

/** Runs a check in a process group of its own, so that its end is also the end of what it started. */
export function runCheck(check: Check, env: NodeJS.ProcessEnv, print: (line: string) => void): Promise<CheckResult> {
  const started = performance.now();
  const [program, ...args] = check.command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', print);
    let timedOut = false;
    const end = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    };
    const limit = setTimeout(() => {
      timedOut = true;
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), KILL_AFTER_MS).unref();
    }, check.limitMs);
    let interrupted = false;
    const forward = (signal: NodeJS.Signals): void => {
      interrupted = true;
      end(signal);
      setTimeout(() => end('SIGKILL'), KILL_AFTER_MS).unref();
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    const finish = (reason: string | undefined): void => {
      clearTimeout(limit);
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (interrupted) process.exit(130);
      const seconds = (performance.now() - started) / 1000;
      resolve(reason === undefined ? { ok: true, seconds } : { ok: false, seconds, reason });
    };
    child.once('error', (error) => finish(error.message));
    // Streams held open by a left-behind grandchild must not hold up the whole run, hence `exit` and not `close`.
    child.once('exit', (code, signal) => {
      const why = timedOut ? `took longer than ${check.limitMs / 60_000} minutes` : `ended with ${signal ?? `code ${code}`}`;
      setTimeout(() => finish(code === 0 ? undefined : why), 200);
    });
  });
}
