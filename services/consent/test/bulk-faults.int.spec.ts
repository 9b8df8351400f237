import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { batch, BatchCall } from './batch-call.js';
import type { Result } from './batch-call.js';
import { TwoServers } from './two-servers.js';

const LINES = 4000;

let two: TwoServers;

beforeAll(async () => {
  two = await TwoServers.make();
  await two.startConsent();
  const first = { subject: { identifiers: [{ type: 'email', value: 'first@example.com' }] }, purposes: 'all' };
  await eventually(async () => expect((await two.call('POST', '/v1/withdrawals', first)).status).toBe(202), { timeoutMs: 60_000 }); // its policy has come
  return () => two.end();
}, 120_000);

interface Row {
  readonly ref: string;
  readonly id: string;
}

/** What the register itself has: which records, and how often a line's key was used. */
async function register(): Promise<{ readonly records: ReadonlySet<string>; readonly lines: number }> {
  const rows = await two.sql<Row>('data', `SELECT id, ref FROM t_ajuni.consent_record WHERE state = 'given'`);
  const keys = await two.sql('data', `SELECT 1 FROM t_ajuni.idempotency WHERE key LIKE 'line%'`);
  return { records: new Set(rows.map(({ id }) => id)), lines: keys.length };
}

const recordIds = (results: readonly Result[]): readonly string[] => results.flatMap(({ records }) => records?.map(({ id }) => id) ?? []);

it('the database is killed in the middle of an upload: what was answered is in the register, what was not is done when it comes again, and nothing twice', async () => {
  const lines = Array.from({ length: LINES }, (_, i) => ({
    id: randomUUID(), subject: { identifiers: [{ type: 'email', value: `${i}-${randomUUID()}@example.com` }] }, decisions: [{ purpose: 'analytics', decision: 'given' }],
  }));
  const call = new BatchCall(two.serviceUrl, await two.token());
  call.write(...lines);
  call.end();
  const answered = await call.results(500);
  await two.killServer('data');
  // Waited for, and then given back: the service reads no line further.
  const rest = await call.results();
  const told = [...answered, ...rest];
  expect(told.length).toBeLessThan(LINES);
  expect(new Set(told.map(({ status }) => status))).toEqual(new Set(['recorded', 'unknown']));
  expect(told.find(({ status }) => status === 'unknown')?.error?.code).toBe('database_unavailable');

  await two.startServers();
  const recorded = told.filter(({ status }) => status === 'recorded');
  const between = await register();
  expect(recordIds(recorded).filter((id) => !between.records.has(id))).toEqual([]);

  const again = await eventually(async () => {
    const results = await batch(two.serviceUrl, await two.token(), lines);
    return results.length === LINES && results.every(({ status }) => status === 'recorded' || status === 'duplicate') ? results : false;
  }, { timeoutMs: 90_000, everyMs: 1000 });
  for (const result of recorded) expect(again[result.line - 1]).toEqual({ ...result, status: 'duplicate' });
  const after = await register();
  expect(after).toMatchObject({ lines: LINES });
  expect(recordIds(again).filter((id) => !after.records.has(id))).toEqual([]);
  expect(after.records.size).toBe(LINES);
}, 180_000);
