import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { unusedPromises } from '../comparing/explain-pack.js';
import { samplePackDir } from '../files/sample-packs.js';
import { formatPackIssue } from './issue.js';
import { parsePack } from './parse-pack.js';

it('the pack in the documentation is valid and its promises are used', () => {
  const page = readFileSync(`${samplePackDir()}../../docs/policy-packs.md`, 'utf8');
  const text = /<!-- complete pack[^\n]*-->\n```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const parsed = parsePack(text, { file: 'acme.yaml' });
  expect(parsed.ok ? [] : parsed.issues.map(formatPackIssue)).toEqual([]);
  if (parsed.ok) expect(unusedPromises(parsed.pack)).toEqual([]);
});
