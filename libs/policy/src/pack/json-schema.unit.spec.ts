import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { samplePackDir } from '../files/sample-packs.js';
import { packJsonSchema } from './json-schema.js';

it('the JSON Schema beside the packs is the one the code makes', () => {
  // When this fails: node -e "import('@heed/policy').then(p => console.log(JSON.stringify(p.packJsonSchema(), null, 2)))"
  const stored: unknown = JSON.parse(readFileSync(`${samplePackDir()}policy-pack.schema.json`, 'utf8'));
  expect(stored).toEqual(packJsonSchema());
});
