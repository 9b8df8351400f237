import { eventProbe, eventually, everythingTold } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ExpireConsents } from '../src/expiry/expire-consents.job.js';
import { consentService } from '../src/index.js';
import { ada, ConsentUnderTest } from './consent-under-test.js';

const MAIN = path.join(import.meta.dirname, '../dist/main.js');
const PEOPLE = 300;

let consent: ConsentUnderTest;
let bus: EventProbe;
beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.t.ajuni.events.v1']);
  return async () => {
    await bus.stop();
    await consent.stop();
  };
});

/** Runs the service as a process of its own until the failpoint kills it. */
async function dieAt(failpoint: string): Promise<void> {
  const env = { ...consent.service.environment, NODE_ENV: 'test', HEED_FAILPOINT: failpoint };
  const child = spawn(process.execPath, [MAIN], { env, stdio: 'ignore' });
  const [, signal] = (await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

it.each([
  ['consent.expiry.before-commit', 0],
  ['consent.expiry.committed', 200],
])('killed at %s, the next instance goes on: every consent is expired once and said once', async (failpoint, done) => {
  const given = await Promise.all(Array.from({ length: PEOPLE }, () => consent.decide({ subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }] })));
  const refs = given.map(({ body }) => String(body['ref']));
  const expired = (): Promise<readonly { ref: string }[]> =>
    consent.service.sql(`SELECT ref FROM t_ajuni.consent_record WHERE ref = ANY($1) AND state = 'expired'`, [refs]);
  consent.service = await consent.bed.restart(consentService, consent.service, async () => {
    // Thirteen months later, by any clock that a process of its own may have.
    await consent.service.sql(`UPDATE t_ajuni.consent_state SET valid_until = '2026-01-01' WHERE ref = ANY($1)`, [refs]);
    await dieAt(failpoint);
    expect(await expired()).toHaveLength(done);
  });
  await consent.service.service.app.get(ExpireConsents, { strict: false }).run();
  await eventually(async () => expect((await expired()).map(({ ref }) => ref).sort()).toEqual([...refs].sort()), { timeoutMs: 40_000 });
  const entries = await consent.service.sql(`SELECT subject_ref FROM t_ajuni.ledger_entry WHERE kind = 'consent.expired' AND subject_ref = ANY($1)`, [refs]);
  const dispatches = await consent.service.sql(`SELECT ref FROM t_ajuni.dispatch WHERE cause->>'type' = 'consent_expired' AND ref = ANY($1)`, [refs]);
  expect([entries.length, dispatches.length]).toEqual([PEOPLE, PEOPLE]);
  await everythingTold(consent.service, ['ajuni', 'askasia']);
  await eventually(() => {
    const told = bus.seen('heed.consent.expired.v1').filter(({ key }) => refs.includes(key));
    expect(new Set(told.map(({ id }) => id)).size).toBe(PEOPLE);
  }, { timeoutMs: 40_000 });
});
