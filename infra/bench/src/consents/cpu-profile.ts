import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

interface CpuProfile {
  /** Microseconds of the monotonic clock, which all processes of a machine share. */
  readonly startTime: number;
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number } }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

/** Now, on the clock of a profile. */
export const profileClock = (): number => Number(process.hrtime.bigint() / 1000n);

/**
 * Where the main thread itself was between two moments, by function, longest first; `(idle)`, `(program)` and
 * `(garbage collector)` are V8's own names. @param dir what `--cpu-prof-dir` named
 */
export async function selfTimes(dir: string, from: number, to: number): Promise<readonly SelfTime[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.cpuprofile'));
  const profiles = await Promise.all(files.map(async (file) => JSON.parse(await readFile(path.join(dir, file), 'utf8')) as CpuProfile));
  // Worker threads leave profiles of their own: the main thread's is the first to start.
  const [main] = profiles.toSorted((a, b) => a.startTime - b.startTime);
  if (!main) throw new Error(`no profile in ${dir}`);
  const names = new Map(main.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [id, `${functionName || '(anonymous)'}${url && ` ${shortened(url)}:${lineNumber + 1}`}`]));
  const times = new Map<string, number>();
  let at = main.startTime;
  main.samples.forEach((id, i) => {
    const next = at + (main.timeDeltas[i + 1] ?? 0);
    at += main.timeDeltas[i] ?? 0;
    if (at < from || next > to) return;
    const name = names.get(id) ?? '(unknown)';
    times.set(name, (times.get(name) ?? 0) + (main.timeDeltas[i + 1] ?? 0) / 1000);
  });
  return [...times].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms);
}

const shortened = (url: string): string => url.replace(/^file:\/\//, '').replace(/^.*\/(?=(libs|services|infra)\/)/, '').replace(/^.*\/node_modules\//, '');
