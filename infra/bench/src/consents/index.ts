import { once } from 'node:events';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { forgetBenchRows, httpLoad, pgbenchSameRows, prepareBenchRows } from '../consent-write.js';
import type { LoadResult } from '../consent-write.js';
import { ConsentCell, TENANT } from './consent-cell.js';
import { explained } from './explain.js';
import { fill } from './fill.js';
import { ingressRate } from './ingress-rate.js';
import { openLoop } from './open-loop.js';
import { quiet } from './quiet.js';
import { PURPOSES, uploadRate } from './upload-rate.js';

const CONNECTIONS = 32;
const SECONDS = 8;
const UPLOAD = 10_000;
const INGRESS = 10_000;
/** Of saturation: where the p99 is measured. */
const LOAD = 0.6;
const ROLE = `heed_consent_t_${TENANT}`;
/** As `refOf`. */
const REF_IN_LUA = 'string.format("sub_%04x%028d", (N * 40503) % 65536, N)';

type Say = (line: string) => void;
const round = (value: number, digits = 0): string => value.toFixed(digits);
const figures = ({ perSecond, p50Ms, p99Ms, errors }: LoadResult): string => `${round(perSecond)}/s (p50 ${round(p50Ms, 1)} ms, p99 ${round(p99Ms, 1)} ms${errors > 0 ? `, ${errors} ERRORS` : ''})`;
const decision = (email: string): string => JSON.stringify({ subject: { identifiers: [{ type: 'email', value: email }] }, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });

/** `npm run bench consents [RECORDS]`: the consent service alone on an empty register, on a tenth of RECORDS, and on all of them. */
export async function consentsBench(records: number, say: Say): Promise<void> {
  const cell = await ConsentCell.start();
  try {
    let from = 0;
    for (const size of [0, records / 10, records]) {
      if (size > from) for (const { table, rows, seconds } of await fill(cell, from, size)) say(`COPY ${table}: ${rows} rows in ${round(seconds, 1)} s, ${round(rows / seconds)}/s`);
      from = Math.max(from, size);
      await measure(cell, size, say);
    }
    await sizes(cell, say);
    await memory(cell, records, say);
  } finally {
    await cell.stop();
  }
}

async function measure(cell: ConsentCell, size: number, say: Say): Promise<void> {
  say(`── ${size} records`);
  const salt = `s${size}-${Date.now()}`;
  const post = { url: `${cell.url}/v1/consents`, token: await cell.token(), connections: CONNECTIONS, seconds: SECONDS, body: decision('p%d@example.org') };
  await httpLoad({ ...post, seconds: 3 });
  await quiet(cell);
  const written = await httpLoad(post);
  await quiet(cell);
  const raw = await sameRows(cell);
  say(`POST /v1/consents: ${figures(written)}; pgbench, the same rows: ${round(raw)}/s; ratio ${round(written.perSecond / raw, 2)} (aim 1.0)`);
  await quiet(cell);
  await checks(cell, size, say);
  for (const purposes of [PURPOSES.slice(0, 1), PURPOSES]) {
    const upload = await uploadRate(cell, UPLOAD, `${salt}-${purposes.length}`, purposes);
    say(`/v1/consents/batch, ${purposes.length} decisions a line: ${round(upload.lines / upload.seconds)} lines/s, ${round(upload.records / upload.seconds)} records/s${upload.failed > 0 ? `, ${upload.failed} FAILED` : ''} (aim 20,000)`);
    await quiet(cell);
  }
  say(`Kafka ingress: ${round(await ingressRate(cell, INGRESS, salt))} records/s (aim 20,000)`);
  await quiet(cell);
  const perSecond = Math.floor(written.perSecond * LOAD);
  const steady = await openLoop({ ...post, body: (n) => decision(`${salt}-${n}@example.com`), perSecond, seconds: SECONDS });
  say(`POST /v1/consents at ${perSecond}/s (60 %): p50 ${steady.p50Ms} ms, p99 ${steady.p99Ms} ms, max ${steady.maxMs} ms (aim p99 < 50)`);
  if (size > 0) for (const line of await explained(cell, Math.floor(size / 4))) say(line);
  await quiet(cell);
}

/** One person a call, each known to the register and none twice in a row. */
async function checks(cell: ConsentCell, size: number, say: Say): Promise<void> {
  const people = size / PURPOSES.length;
  const token = await cell.token();
  const body = size === 0 ? JSON.stringify({ subject: { identifiers: [{ type: 'email', value: 'warm@example.org' }] }, purpose: 'marketing_email' }) : JSON.stringify({ subject: { ref: '%r' }, purpose: 'marketing_email' });
  const load = { token, connections: CONNECTIONS, seconds: SECONDS, body, ref: { people: Math.max(1, people), expression: REF_IN_LUA } };
  const bare = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(bare.stdout, 'data')) as [Buffer];
  const url = `${line.toString().trim()}/v1/consents/check`;
  const checked = await httpLoad({ ...load, url: `${cell.url}/v1/consents/check` });
  const constant = await httpLoad({ ...load, url });
  bare.kill('SIGTERM');
  say(`/v1/consents/check: ${figures(checked)}; bare server, a constant: ${round(constant.perSecond)}/s; ratio ${round(checked.perSecond / constant.perSecond, 2)} (aim 0.5)`);
}

async function sameRows(cell: ConsentCell): Promise<number> {
  await prepareBenchRows(cell.adminUrl, ROLE);
  try {
    return await pgbenchSameRows({ url: cell.loginUrl, role: ROLE, schema: `t_${TENANT}`, clients: CONNECTIONS, seconds: SECONDS });
  } finally {
    await forgetBenchRows(cell.adminUrl, `t_${TENANT}`);
  }
}

const FEW_LINES = 10_000;

/** The most that the service ever held, in a process of its own for each length. Dry runs: the same reading, checking and answering, in minutes instead of hours. */
async function memory(cell: ConsentCell, records: number, say: Say): Promise<void> {
  const peaks: number[] = [];
  const manyLines = Math.max(FEW_LINES * 2, records / 10);
  for (const lines of [FEW_LINES, manyLines]) {
    await cell.stopService();
    await cell.startService();
    const { seconds } = await uploadRate(cell, lines, `m${lines}`, PURPOSES, '?dryRun=true');
    const { peak } = await cell.memory();
    peaks.push(peak);
    say(`dry run of ${lines} lines: ${round(lines / seconds)}/s, peak memory of the service ${round(peak)} MB`);
  }
  const [few = 0, many = 0] = peaks;
  say(`peak memory at ${manyLines} lines against ${FEW_LINES}: ${round(100 * (many / few - 1), 1)} % more (aim: within 20 %)`);
}

async function sizes(cell: ConsentCell, say: Say): Promise<void> {
  const rows = await cell.sql<{ name: string; rows: string; heap: string; indexes: string }>(
    `SELECT relname AS name, reltuples::bigint AS rows, pg_size_pretty(pg_relation_size(oid)) AS heap, pg_size_pretty(pg_indexes_size(oid)) AS indexes
       FROM pg_class WHERE relnamespace = 't_${TENANT}'::regnamespace AND relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 8`,
  );
  for (const row of rows) say(`${row.name}: ${row.rows} rows, ${row.heap} and ${row.indexes} of indexes`);
}
