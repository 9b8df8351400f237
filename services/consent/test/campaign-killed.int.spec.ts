import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { newEvent } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { consentService } from '../src/index.js';
import { ConsentUnderTest } from './consent-under-test.js';
import { TalkativeConsent } from './talkative-consent.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni']);
});
afterAll(() => consent.stop());

/** Three batches and a bit. */
const PEOPLE = 650;
const call = (path: string, body?: unknown) => consent.service.call(body === undefined ? 'GET' : 'POST', path, { tenant: 'ajuni', roles: ['platform', 'dpo'] }, body);
const count = async (sql: string): Promise<number> => Number((await consent.service.sql<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`))[0]?.n);

it('consents whose people did not answer end once each, whatever kills the process between two batches', async () => {
  consent.clock.set(new Date(Date.now() - 3_600_000)); // so that the deadline has passed for another process, which has the real time
  const refs: unknown[] = [];
  for (let at = 0; at < PEOPLE; at += 50) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        call('/v1/consents', {
          subject: { identifiers: [{ type: 'user_id', value: randomUUID() }] }, decisions: [{ purpose: 'analytics', decision: 'given' }],
          notice: { id: 'signup', version: '1', language: 'en' },
        }),
      ),
    );
    refs.push(...answers.map((answer) => answer.body['ref']));
  }
  const pack = loadSamplePack('ajuni');
  const next = { ...pack, notices: { ...pack.notices, consent: pack.notices.consent.map((one) => (one.id === 'signup' ? { ...one, version: '2' } : one)) } };
  const data = { version: 2, hash: packHash(next), effectiveFrom: consent.clock.now().toISOString(), pack: next as unknown as Record<string, unknown> };
  await consent.publish(newEvent(policyActivated, { source: '/heed/subprocessor-registry', tenant: 'ajuni', key: 'ajuni', clock: consent.clock, data }));
  await eventually(async () => expect((await call('/v1/purposes')).body['policyVersion']).toBe(2), { timeoutMs: 20_000 });
  const deadline = new Date(consent.clock.now().getTime() + 60_000).toISOString();
  const { body } = await call('/v1/campaigns', { notice: 'signup', version: '2', purposes: ['analytics'], deadline, onNoAnswer: 'expire' });
  await eventually(async () => expect((await call(`/v1/campaigns/${String(body['id'])}`)).body).toMatchObject({ state: 'asking', progress: { toAsk: PEOPLE } }), { timeoutMs: 20_000 });
  for (let at = 0; at < PEOPLE; at += 500) await call(`/v1/campaigns/${String(body['id'])}/asked`, { refs: refs.slice(at, at + 500) });
  // Killed with a batch written and not committed, then after a commit, then left to finish.
  const gone: number[] = [];
  consent.service = await consent.bed.restart(consentService, consent.service, async () => {
    for (const failpoint of ['consent.campaign.before-commit:2', 'consent.campaign.committed:1']) {
      const doomed = await TalkativeConsent.start(consent, { HEED_FAILPOINT: failpoint });
      expect(await doomed.ended()).toBe('SIGKILL');
      gone.push(await count(`t_ajuni.consent_state WHERE state = 'expired'`));
    }
    consent.clock.set(new Date());
  });
  expect(gone).toEqual([200, 400]);
  await eventually(async () => expect(await count(`t_ajuni.campaign WHERE state = 'closed'`)).toBe(1), { timeoutMs: 40_000 });
  expect(await count(`t_ajuni.consent_state WHERE state = 'expired'`)).toBe(PEOPLE);
  expect(await count(`t_ajuni.consent_record WHERE state = 'expired'`), 'once each').toBe(PEOPLE);
  expect(await count(`(SELECT ref FROM t_ajuni.consent_record WHERE state = 'expired' AND method = 'campaign' AND detail->>'campaign' = '${String(body['id'])}' GROUP BY ref) r`)).toBe(PEOPLE);
  expect(await count(`t_ajuni.dispatch WHERE cause->>'type' = 'consent_expired'`), 'and the stores hear of each').toBe(PEOPLE);
});
