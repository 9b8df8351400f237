import { canonicalJson } from '@heed/crypto';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../infra/ledger-check', import.meta.url));
const PROGRAM = 'import sys\nsys.dont_write_bytecode = True\nfrom canonical import canonical, parse\nfor line in sys.stdin.buffer:\n  sys.stdout.buffer.write(canonical(parse(line)).encode() + b"\\n")';

it('canonical JSON is the same bytes in another implementation, for any value and any double', () => {
  // A member `__proto__` is refused by the one and would be lost by many another: no record has it.
  const values = [...fc.sample(fc.jsonValue(), 300).filter((value) => !JSON.stringify(value).includes('__proto__')), ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 2000)];
  const input = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const { stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], { cwd: FOLDER, input, encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual(values.map(canonicalJson));
});
