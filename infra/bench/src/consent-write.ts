import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

export interface HttpLoad {
  /** `%r` in its query as in the body. */
  readonly url: string;
  readonly token: string;
  /** Without one it is a GET. */
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
  /** What `%r` in the body is: a Lua expression of N, a random number below `people` that `every` divides. */
  readonly ref?: { readonly people: number; readonly expression: string; readonly every?: number };
  /** What `%c` in the body is, in turns. */
  readonly choices?: readonly [string, string];
}

/** Bounded HTTP load by `wrk`: `connections` at once for `seconds`, a fresh person per call where `body` has `%d`, a known one where it has `%r`. */
export async function httpLoad(options: HttpLoad): Promise<LoadResult> {
  const { origin, pathname, search } = new URL(options.url);
  const { people = 1, every = 1, expression = '""' } = options.ref ?? {};
  const [first, second] = options.choices ?? ['', ''];
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
  const script = path.join(dir, 'post.lua');
  await writeFile(
    script,
    `math.randomseed(os.time())
local salt = math.random(1000000000)
local n = 0
local thread_id = 0
function setup(thread) thread_id = thread_id + 1; thread:set("tid", thread_id) end
function request()
  n = n + 1
  local id = string.format("%d-%d-%d", salt, tid, n)
  local N = math.random(0, ${Math.max(0, Math.ceil(people / every) - 1)}) * ${every}
  local r = ${expression}
  local path = string.gsub(${JSON.stringify(pathname + search)}, "%%r", r)
  local headers = {["authorization"]=${JSON.stringify(`Bearer ${options.token}`)}}
  if ${options.body === undefined ? 'true' : 'false'} then return wrk.format("GET", path, headers) end
  headers["content-type"] = "application/json"
  local body = string.gsub(${JSON.stringify(options.body ?? '')}, "%%d", id)
  body = string.gsub(body, "%%r", r)
  body = string.gsub(body, "%%c", n % 2 == 0 and "${first}" or "${second}")
  return wrk.format("POST", path, headers, body)
end
function done(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %f %f %f %d\\n", summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50)/1000, latency:percentile(99)/1000, bad))
end
`,
  );
  try {
    const { stdout } = await run('wrk', ['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`, '-s', script, origin]);
    const match = /RESULT (\S+) (\S+) (\S+) (\S+) (\S+)/.exec(stdout);
    if (!match) throw new Error(`wrk said: ${stdout}`);
    const [requests, perSecond, p50Ms, p99Ms, errors] = match.slice(1).map(Number) as [number, number, number, number, number];
    return { requests, perSecond, p50Ms, p99Ms, errors };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/**
 * The raw limit: `pgbench -M prepared` inserting the rows that one decision leaves, one transaction each, as the service's
 * own login in the tenant's role, with nothing of Heed in between.
 */
export async function pgbenchSameRows(options: { url: string; role: string; schema: string; clients: number; seconds: number }): Promise<number> {
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
  const script = path.join(dir, 'decision.sql');
  await writeFile(
    script,
    `\\set r random(1, 9000000000000000000)
BEGIN;
SET LOCAL ROLE "${options.role}";
SET LOCAL search_path = "${options.schema}";
INSERT INTO subject (ref, version, created_at) VALUES ('sub_' || md5(:r || '-' || :client_id), 1, now());
INSERT INTO identifier (type, blind, ref, sealed, created_at) VALUES ('email', decode(md5(:r::text || :client_id) || md5('x' || :r), 'hex'), 'sub_' || md5(:r || '-' || :client_id), decode(repeat('ab', 60), 'hex'), now());
INSERT INTO consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, basis, valid_until) VALUES (uuidv7(), 'sub_' || md5(:r || '-' || :client_id), 1, 'marketing_email', 'given', true, 1, 'api', 'bench', now(), now(), 'consent', now() + interval '2 years');
INSERT INTO consent_state (ref, purpose, state, record_id, occurred_at, valid_until) VALUES ('sub_' || md5(:r || '-' || :client_id), 'marketing_email', 'given', uuidv7(), now(), now() + interval '2 years');
INSERT INTO dispatch (id, kind, ref, version, cause, body, state, map_version, correlation_id, created_at, due_at, clearance) VALUES ('bench_' || uuidv7(), 'grant', 'sub_' || md5(:r || '-' || :client_id), 1, '{"type":"consent_given"}', '{"purposes":["marketing_email"]}', 'in_progress', 1, 'bench', now(), now(), 'not_needed');
INSERT INTO dispatch_target (dispatch_id, data_store, state) SELECT id, s, 'pending' FROM dispatch, unnest(ARRAY['crm', 'mail-processor']) s WHERE ref = 'sub_' || md5(:r || '-' || :client_id) AND effective;
INSERT INTO heed.bench_ledger_entry (id, kind, subject_ref, data) VALUES (uuidv7(), 'consent.given', 'sub_' || md5(:r || '-' || :client_id), '{"version":1,"purposes":["marketing_email"]}');
INSERT INTO heed.bench_outbox (lane, topic, key, headers, value) SELECT 0, t, 'bench', '{"ce_id":"01999999-0000-7000-8000-000000000000","ce_type":"heed.consent.given.v1","ce_source":"/heed/consent","ce_time":"2026-11-21T10:00:00.000Z"}', repeat('x', 420) FROM unnest(ARRAY['heed.consent.events.v1', 'heed.t.ajuni.events.v1']) t;
COMMIT;
`,
  );
  try {
    const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', '-c', String(options.clients), '-j', '2', '-T', String(options.seconds), '-f', script, options.url]);
    const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (!tps) throw new Error(`pgbench said: ${stdout}`);
    return Number(tps);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Copies of the outbox and the ledger for the raw run, so that neither the relay nor the sequencer takes up its rows meanwhile, or afterwards. */
export async function prepareBenchRows(adminUrl: string, role: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`CREATE TABLE heed.bench_outbox (LIKE heed.outbox INCLUDING ALL)`);
  await client.query(`CREATE TABLE heed.bench_ledger_entry (LIKE ${schema}.ledger_entry INCLUDING ALL)`);
  await client.query(`GRANT INSERT ON heed.bench_outbox, heed.bench_ledger_entry TO "${role}"; GRANT USAGE ON ALL SEQUENCES IN SCHEMA heed TO "${role}"`);
  await client.end();
}

/** Takes the rows of the raw run out again, so that nothing is sent for them. */
export async function forgetBenchRows(adminUrl: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query('DROP TABLE heed.bench_outbox, heed.bench_ledger_entry');
  await client.query(`DELETE FROM ${schema}.dispatch_target WHERE dispatch_id LIKE 'bench%'; DELETE FROM ${schema}.dispatch WHERE id LIKE 'bench%'`);
  await client.end();
}
