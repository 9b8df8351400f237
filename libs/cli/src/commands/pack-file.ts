import { readFileSync } from 'node:fs';
import { formatPackIssue, parsePack, type PolicyPack } from '@heed/policy';
import { CliError } from '../output/cli-error.js';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder; name a file in it',
  EACCES: 'you may not read it',
};

export function readPackText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError(`${file} cannot be read: ${WHY[code] ?? code}.`, { cause });
  }
}

/** @throws CliError with the first mistake and its line */
export function readPack(file: string): PolicyPack {
  const parsed = parsePack(readPackText(file), { file });
  if (parsed.ok) return parsed.pack;
  const first = parsed.issues[0];
  throw new CliError(first === undefined ? `${file} is no policy pack.` : formatPackIssue(first));
}
