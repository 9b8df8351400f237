import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalSystem, localConfigWith } from '@heed/local';
import { callers } from './callers.js';
import { readFuzzConfig } from './fuzz.config.js';
import { isClean, renderReport } from './report.js';
import { saySomething } from './samples.js';
import { fuzz, installSchemathesis } from './schemathesis.js';

/** `npm run fuzz`: exit code 1 where there is a finding; docs/fuzz.md is written either way. */
const TENANT = 'ajuni';
const begin = performance.now();
const config = readFuzzConfig();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const program = await installSchemathesis(config.cache);
const home = await mkdtemp(path.join(tmpdir(), 'heed-fuzz-'));
await chmod(home, 0o755);
const env = { LOG_LEVEL: 'info', HEED_RATE_LIMIT_TOKEN: '100000:100000', HEED_RATE_LIMIT_ADDRESS: '100000:100000' };
const system = new LocalSystem({ ...localConfigWith({}), home, portBase: 0, restartCrashed: false, env });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(130)));

async function end(): Promise<void> {
  await system.stop();
  await rm(home, { recursive: true, force: true });
}

try {
  await system.start();
  await saySomething(system, TENANT);
  const outcomes = [];
  for (const caller of callers(system, TENANT)) {
    if (config.callers && !config.callers.includes(caller.name)) continue;
    const reportFile = path.join(home, `report-${outcomes.length}.json`);
    const outcome = await fuzz({ ...config, program, document: `${system.origin}/openapi.json`, headers: await caller.headers(), reportFile });
    outcomes.push({ name: caller.name, outcome });
    const failed = outcome.failures.length > 0;
    print(`${caller.name}: ${outcome.cases} calls, ${failed ? `findings:\n${outcome.output}` : 'no finding'}`);
  }
  const run = {
    at: new Date(),
    seconds: config.seconds,
    seed: config.seed,
    minutes: (performance.now() - begin) / 60_000,
    callers: outcomes,
    errors: await loggedErrors(),
  };
  for (const line of run.errors) print(`logged as an error: ${line}`);
  await writeFile(config.report, renderReport(run));
  process.exitCode = isClean(run) ? 0 : 1;
} finally {
  await end();
}

/** What the services themselves call an error, once each: a 5xx that no check saw would be here. */
async function loggedErrors(): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of await readdir(path.join(home, 'logs'))) {
    for (const line of (await readFile(path.join(home, 'logs', file), 'utf8')).split('\n')) {
      if (!/"level":"(error|fatal)"/.test(line)) continue;
      const { time: _time, level: _level, ...rest } = JSON.parse(line) as Record<string, unknown>;
      found.add(JSON.stringify(rest).slice(0, 800));
    }
  }
  return [...found];
}
