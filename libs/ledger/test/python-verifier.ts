import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../infra/ledger-check/verify.py', import.meta.url));

/** What the second implementation says: the same codes, found by other code in another language. */
export interface SecondOpinion {
  readonly verified: boolean;
  readonly code?: string;
  readonly index?: number | null;
  readonly size?: number;
  readonly records?: number;
}

export function askPython(folder: string, ...options: readonly string[]): SecondOpinion {
  const { stdout, stderr, status } = spawnSync('python3', [SCRIPT, folder, '--json', ...options], { encoding: 'utf8' });
  if (status === null || status > 1 || stderr !== '') throw new Error(`the second verifier failed: ${stderr}`);
  return JSON.parse(stdout) as SecondOpinion;
}
