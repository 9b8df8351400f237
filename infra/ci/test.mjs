// `npm test`: every check once, then one line `N passed, N failed`. Exit code 0 when nothing failed.
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as later } from 'node:timers/promises';
import { runCheck } from './check.ts';
import { tallyReport, withoutHosts } from './results.ts';

const MINUTE = 60_000;
/** The whole stays under 48 minutes on two cores, a slow day included; what is left at the end belongs to the tests. */
const deadline = performance.now() + 46 * MINUTE;
const REPORT = 'test-results/vitest.json';
const node = process.execPath;
const tsc = 'node_modules/typescript-7/bin/tsc';

process.chdir(join(import.meta.dirname, '..', '..'));
const env = {
  ...process.env,
  PATH: `${process.cwd()}/node_modules/.bin:${process.env.PATH}`,
  CI: '1',
  FORCE_COLOR: '0',
  NX_DAEMON: 'false',
  NX_TUI: 'false',
};
const print = (line) => process.stdout.write(`${withoutHosts(line)}\n`);

let passed = 0;
const failures = [];

async function check(name, limitMs, command) {
  print(`\n── ${name}`);
  const left = Math.max(MINUTE, deadline - performance.now());
  const result = await runCheck({ name, command, limitMs: Math.min(limitMs, left) }, env, print);
  print(`── ${name}: ${result.ok ? 'ok' : result.reason} (${result.seconds.toFixed(1)} s)`);
  return result;
}

async function mustPass(name, limitMs, command) {
  const result = await check(name, limitMs, command);
  if (result.ok) passed += 1;
  else failures.push(`failed: ${name} (${result.reason})`);
}

async function tests() {
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const result = await check('tests', 40 * MINUTE, [node, 'node_modules/vitest/vitest.mjs', 'run', ...reporters]);
  try {
    const tally = tallyReport(JSON.parse(await readFile(REPORT, 'utf8')));
    passed += tally.passed;
    failures.push(...tally.failures);
    // Errors outside of any test, such as an unhandled rejection, only show in the exit code.
    if (!result.ok && tally.failed === 0) failures.push(`failed: tests (${result.reason})`);
  } catch {
    failures.push(`failed: tests (no report: ${result.reason ?? 'none was written'})`);
  }
}

await mustPass('build', 3 * MINUTE, [node, tsc, '-b']);
await mustPass('types of specs', 3 * MINUTE, [node, tsc, '-p', 'tsconfig.spec.json']);
await mustPass('lint', 6 * MINUTE, ['nx', 'run-many', '-t', 'lint', '--parallel=2', '--outputStyle=static']);
await mustPass('generated files are current', MINUTE, [node, 'infra/contracts/dist/main.js', '--check']);
await tests();
await mustPass('promise report', MINUTE, [node, 'libs/cli/bin/heed.js', 'promises']);

print('');
for (const failure of failures) print(failure);
await later(100); // lets what was piped be read before the summary, which is the last line
print(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
