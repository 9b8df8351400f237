import { loadSamplePack } from '@heed/policy';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

const visitor = (): { identifiers: { type: string; value: string }[] } => ({ identifiers: [{ type: 'cookie_id', value: randomUUID() }] });
const signal = (body: unknown, header?: string) =>
  consent.service.call('POST', '/v1/signals/gpc', PLATFORM, body, header === undefined ? {} : { 'sec-gpc': header });
const recordsOf = async (ref: unknown): Promise<readonly { purpose: string; state: string; method: string }[]> =>
  consent.service.sql('SELECT purpose, state, method FROM t_ajuni.consent_record WHERE ref = $1 ORDER BY recorded_at, purpose', [ref]);

describe('Global Privacy Control', () => {
  it('is said of the origin at the well-known place, to everybody', async () => {
    const response = await consent.service.fetch(`${consent.service.url}/.well-known/gpc.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ gpc: true, lastUpdate: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string });
  });

  it('refuses profiling and analytics for a visitor who has not decided, once', async () => {
    const followed = loadSamplePack('ajuni').purposes.filter((purpose) => purpose.profiling || purpose.cookieClass === 'analytics');
    expect(followed.map(({ id }) => id)).toEqual(['analytics']);
    const subject = visitor();
    const first = await signal({ subject }, '1');
    expect(first).toMatchObject({ status: 200, body: { signal: true, purposes: [{ purpose: 'analytics', state: 'refused' }] } });
    expect(first.body['dispatchIds']).toHaveLength(1);
    expect(await recordsOf(first.body['ref'])).toEqual([{ purpose: 'analytics', state: 'refused', method: 'gpc' }]);
    expect((await consent.check({ subject, purpose: 'analytics' })).body).toMatchObject({ allowed: false, reason: 'refused' });
  });

  it('withdraws what was given before, and nothing else', async () => {
    const subject = visitor();
    const given = await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }, { purpose: 'marketing_email', decision: 'given' }] });
    consent.clock.advance({ seconds: 1 });
    expect((await signal({ subject }, '1')).body).toMatchObject({ purposes: [{ purpose: 'analytics', state: 'withdrawn' }] });
    expect((await recordsOf(given.body['ref'])).at(-1)).toEqual({ purpose: 'analytics', state: 'withdrawn', method: 'gpc' });
    expect((await consent.check({ subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: true });
    expect((await consent.check({ subject, purpose: 'service' })).body).toMatchObject({ allowed: true });
  });

  it('writes nothing more with every further page load', async () => {
    const subject = visitor();
    const { body } = await signal({ subject }, '1');
    const count = async (): Promise<unknown> =>
      consent.service.sql(
        `SELECT (SELECT count(*)::int FROM t_ajuni.consent_record) AS records, (SELECT count(*)::int FROM t_ajuni.dispatch) AS dispatches,
                (SELECT version::int FROM t_ajuni.subject WHERE ref = $1) AS version`,
        [body['ref']],
      );
    const before = await count();
    // Ten thousand would say no more than a thousand, twenty at a time.
    for (let i = 0; i < 50; i += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => signal({ subject }, '1')));
      expect(answers.every((answer) => (answer.body['dispatchIds'] as unknown[]).length === 0)).toBe(true);
    }
    expect(await count()).toEqual(before);
  });

  it('writes one refusal where a new visitor loads twenty things at once', async () => {
    const subject = visitor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signal({ subject }, '1')));
    expect(new Set(answers.map((answer) => answer.body['ref'])).size).toBe(1);
    expect(await recordsOf(answers[0]?.body['ref'])).toHaveLength(1);
  });

  it.each([[undefined], ['0'], ['true'], ['1 1'], ['1, 1'], ['01'], ['']])('is no signal as %j: nobody is even met', async (header) => {
    const subject = visitor();
    expect(await signal({ subject }, header)).toMatchObject({ status: 200, body: { signal: false, ref: null, purposes: [], dispatchIds: [] } });
    expect((await consent.check({ subject, purpose: 'analytics' })).body).toMatchObject({ reason: 'no_decision' });
  });

  it('counts for the branded domain that got it', async () => {
    const subject = visitor();
    const { body } = await signal({ subject, domain: 'shop.example.com' }, '1');
    const rows = await consent.service.sql('SELECT domain, state FROM t_ajuni.consent_state WHERE ref = $1', [body['ref']]);
    expect(rows).toEqual([{ domain: 'shop.example.com', state: 'refused' }]);
  });

  it('needs a place that the policy knows, and a token of the platform', async () => {
    expect(await signal({ subject: visitor(), jurisdiction: 'US-CA' }, '1')).toMatchObject({ status: 422, body: { code: 'jurisdiction_unknown' } });
    expect((await consent.service.call('POST', '/v1/signals/gpc', { tenant: 'ajuni', roles: ['auditor'] }, { subject: visitor() }, { 'sec-gpc': '1' })).status).toBe(403);
  });
});
