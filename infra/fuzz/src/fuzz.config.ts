import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

export interface FuzzConfig {
  /** Spent on each caller, in seconds; more where that does not suffice to call every operation. */
  readonly seconds: number;
  readonly seed: number;
  /** Only these; undefined is all. */
  readonly callers: readonly string[] | undefined;
  /** Where tools of this machine are kept; outside the checkout. */
  readonly cache: string;
  /** Where the report goes: docs/fuzz.md of the checkout unless said otherwise. */
  readonly report: string;
}

export const checkout = path.resolve(import.meta.dirname, '..', '..', '..');

/** `node infra/fuzz/dist/main.js [--seconds 35] [--seed 1] [--callers dpo,nobody] [--report docs/fuzz.md]` */
export function readFuzzConfig(): FuzzConfig {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '35' },
      seed: { type: 'string', default: '1' },
      callers: { type: 'string' },
      report: { type: 'string', default: path.join(checkout, 'docs', 'fuzz.md') },
    },
  });
  const fallback = process.getuid?.() === 0 ? '/var/cache/heed' : path.join(homedir(), '.cache', 'heed');
  const only = values.callers?.split(',');
  return { seconds: Number(values.seconds), seed: Number(values.seed), callers: only, cache: process.env['HEED_CACHE'] ?? fallback, report: path.resolve(values.report) };
}
