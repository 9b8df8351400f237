import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { accessFile } from './declaration.js';

interface Principal {
  readonly name: string;
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly deadLetters?: boolean;
  readonly groups?: readonly string[];
  readonly transactions?: readonly string[];
}

const cell = (names: readonly string[] = []): string => names.map((name) => `\`${name}\``).join(' ');

it('docs/kafka-access.md has the rights of every user as they are declared, and of nobody else', async () => {
  const { principals } = parse(await readFile(accessFile, 'utf8')) as { principals: readonly Principal[] };
  const page = await readFile(path.join(import.meta.dirname, '../../../../docs/kafka-access.md'), 'utf8');
  const rows = principals.map(({ name, read, write, deadLetters, groups, transactions }) =>
    `| \`${name}\` | ${cell(read)} | ${cell(write)}${deadLetters ? ' and dead letters' : ''} | ${cell(groups)}${transactions ? ', transactions too' : ''} |`,
  );
  expect(page.split('\n').filter((line) => /^\| `(heed|platform|agent)-/.test(line))).toEqual(rows);
});
