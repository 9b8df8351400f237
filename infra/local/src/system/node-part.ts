import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { startChild } from '../process/child.js';
import { diskFull } from '../process/disk.js';
import { StartError } from '../process/start-error.js';
import { waitFor } from '../process/wait-for.js';
import { checkout } from './local.config.js';
import { describeExit, type Launch } from './managed-part.js';
import { probeAnswers } from './part-health.js';
import type { Probe } from './part-record.js';

export interface NodeProgram {
  readonly name: string;
  /** Absolute path of the built script. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Folder for compiled code: the next start of any program spends less time on the same libraries. */
  readonly compileCache: string;
  readonly probe: Probe;
  /** Told once why it waits for a person. */
  readonly onWaiting?: (reason: string) => void;
}

/** A service whose database was restored: it opens by itself once that was done. */
const WAITS_FOR_RECOVERY = /"reason":"([^"]*: run heed recover [^"]*)"/;

/** kafkajs asks for time-outs below zero; Node's warning about it would fill the logs. */
const NODE_FLAGS = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'];
const READY_WITHIN_MS = 120_000;
const DRAIN_MS = 15_000;

/** One of Heed's own programs as a child process of its own. */
export function nodeProgram(program: NodeProgram): Launch {
  return async ({ env, onSpawn }) => {
    assertBuilt(program.script);
    const logStart = await stat(program.logFile).then((file) => file.size, () => 0);
    const child = startChild({
      command: process.execPath,
      args: [...NODE_FLAGS, program.script],
      env: { NODE_COMPILE_CACHE: program.compileCache, ...program.env, ...env },
      cwd: checkout,
      logFile: program.logFile,
      deathSignal: 'TERM',
    });
    onSpawn(child);
    const newLog = async (): Promise<string> => (await readFile(program.logFile)).subarray(logStart).toString('utf8');
    const { probe } = program;
    const ready =
      probe.kind === 'log' ? async () => new RegExp(probe.pattern).test(await newLog()) : () => probeAnswers(probe);
    const wait = (): ReturnType<typeof waitFor> => waitFor(ready, { timeoutMs: READY_WITHIN_MS, everyMs: 100, unless: () => child.exit });
    const watch = setInterval(() => void tellWhy(), 1000);
    const tellWhy = async (): Promise<void> => {
      const reason = WAITS_FOR_RECOVERY.exec(await newLog().catch(() => ''))?.[1];
      if (reason === undefined) return;
      clearInterval(watch);
      program.onWaiting?.(`${program.name} waits: ${reason}`);
    };
    let result = await wait();
    while (result === 'timeout' && WAITS_FOR_RECOVERY.test(await newLog())) result = await wait();
    clearInterval(watch);
    if (result !== 'ready') {
      await child.stop('SIGTERM', 2_000);
      const full = diskFull(dirname(program.logFile));
      if (full !== undefined) throw full;
      const how = result === 'timeout' ? `was not ready within ${READY_WITHIN_MS / 1000} s` : `ended (${describeExit(result)})`;
      throw new StartError('part_failed', `${program.name} ${how}${lastWords(await newLog())}; see ${program.logFile}.`);
    }
    return { child, stop: async () => void (await child.stop('SIGTERM', DRAIN_MS)) };
  };
}

export function assertBuilt(script: string): void {
  if (existsSync(script)) return;
  throw new StartError('build_missing', `${relative(checkout, script)} is missing: run "npm run build" and start again.`);
}

/** The line of a log that most likely says why. */
function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /"level":"(error|fatal)"|Error|refused/.test(line)).at(-1);
  if (telling === undefined) return '';
  const message = /"(?:msg|message)":"([^"]+)"/.exec(telling)?.[1] ?? telling.trim();
  return `: ${message.slice(0, 300)}`;
}
