import { loadSamplePack } from '@heed/policy';
import { eventProbe, eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BatchCall } from './batch-call.js';
import { ada, ConsentUnderTest } from './consent-under-test.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'aurigen', 'askasia', 'auronx']);
  return () => consent.stop();
});

type Body = Record<string, unknown>;
const call = (tenant: string, path: string, body?: unknown) =>
  consent.service.call(body === undefined ? 'GET' : 'POST', path, { tenant, roles: ['platform', 'dpo'] }, body);
const decide = (tenant: string, subject: unknown, purpose: string, more: Body = {}) => call(tenant, '/v1/consents', { subject, decisions: [{ purpose, decision: 'given' }], ...more });
const check = async (tenant: string, subject: unknown, purpose: string, jurisdiction?: string): Promise<Body> =>
  (await call(tenant, '/v1/consents/check', { subject, purpose, jurisdiction })).body;
const cases = async (tenant: string): Promise<readonly Body[]> => (await call(tenant, '/v1/children?limit=500')).body['items'] as Body[];
const caseOf = async (tenant: string, ref: unknown): Promise<Body | undefined> => (await cases(tenant)).find((one) => one['ref'] === ref);
const refOf = async (tenant: string, subject: unknown): Promise<unknown> => (await call(tenant, '/v1/withdrawals', { subject, purposes: ['marketing_email'] })).body['ref'];
const parentalConsent = { method: 'signed_form', reference: 'form-118', verifiedAt: '2026-11-20T10:00:00Z' };

describe('children are not followed and not targeted (G11)', () => {
  it('AJU-25: below 18, which the policy names, analytics and marketing are granted by nobody, a parent included', async () => {
    expect(loadSamplePack('ajuni').children).toMatchObject({ minAge: { value: 18 }, behaviouralMonitoring: { value: 'refused', source: 'AJU-25' } });
    for (const purpose of ['analytics', 'marketing_email']) {
      const answer = await decide('ajuni', ada(), purpose, { age: 17, parentalConsent });
      expect(answer).toMatchObject({ status: 422, body: { code: 'child_refused', promise: 'AJU-25' } });
    }
    expect((await decide('ajuni', ada(), 'analytics', { age: 18 })).status).toBe(201);
  });

  it('AJU-24: an age below 18 opens a case although the call is refused, and nothing is granted from then on', async () => {
    const subject = ada();
    expect((await decide('ajuni', subject, 'analytics', { age: 7 })).status).toBe(422);
    expect(await decide('ajuni', subject, 'analytics')).toMatchObject({ status: 422, body: { code: 'child_refused', promise: 'AJU-25' } });
    expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'child', promise: 'AJU-25' });
    const ref = await refOf('ajuni', subject);
    expect(await caseOf('ajuni', ref)).toMatchObject({ state: 'open', reason: 'age_stated', standing: 'stated', atLeast: 0 });
    const rows = await consent.service.sql<Body>('SELECT * FROM t_ajuni.person_age WHERE ref = $1', [ref]);
    expect(JSON.stringify(rows), 'the age itself is kept nowhere').not.toMatch(/\b7\b/);
  });

  it('ASK-21: 16 is old enough where the policy alone counts, and a child in India whose law says 18', async () => {
    expect(loadSamplePack('askasia').children?.minAge).toEqual({ value: 16, source: 'ASK-21' });
    expect((await decide('askasia', ada(), 'analytics', { age: 16, jurisdiction: 'DE' })).status).toBe(201);
    expect(await decide('askasia', ada(), 'analytics', { age: 15, jurisdiction: 'DE' })).toMatchObject({ status: 422, body: { code: 'child_refused', promise: 'ASK-21' } });
    const indian = await decide('askasia', ada(), 'analytics', { age: 17, jurisdiction: 'IN' });
    expect(indian).toMatchObject({ status: 422, body: { code: 'child_refused' } });
    expect(indian.body['promise'], 'the law says so here, not the policy').toBeUndefined();
  });

  it('AUR-32: what neither follows nor targets a child is agreed to by a parent, and the record says how', async () => {
    expect(loadSamplePack('aurigen').children).toMatchObject({ minAge: { value: 18 }, knowingCollection: { value: 'refused', source: 'AUR-32' } });
    const subject = ada();
    expect(await decide('aurigen', subject, 'special_feature', { age: 14 })).toMatchObject({ status: 422, body: { code: 'parental_consent_missing', promise: 'AUR-32' } });
    const answer = await decide('aurigen', subject, 'special_feature', { parentalConsent });
    expect(answer).toMatchObject({ status: 201, body: { records: [{ purpose: 'special_feature', state: 'given' }] } });
    const history = await call('aurigen', `/v1/consents?ref=${String(answer.body['ref'])}`);
    expect(history.body['items']).toMatchObject([{ state: 'given', detail: { parentalConsent } }]);
    expect(await check('aurigen', subject, 'special_feature')).toMatchObject({ allowed: true });
    expect(await decide('aurigen', subject, 'personalisation', { parentalConsent })).toMatchObject({ status: 422, body: { code: 'child_refused', promise: 'AUR-32' } });
  });

  it('a policy without a word of children is bound by the law of the place', async () => {
    expect(loadSamplePack('auronx').children).toBeUndefined();
    expect((await decide('auronx', ada(), 'analytics', { age: 16, jurisdiction: 'DE' })).status).toBe(201);
    expect((await decide('auronx', ada(), 'analytics', { age: 15, jurisdiction: 'DE' })).body).toMatchObject({ code: 'child_refused' });
    expect((await decide('auronx', ada(), 'analytics', { age: 17 })).body).toMatchObject({ code: 'child_refused' });
  });
});

describe('somebody who turns out to be a child', () => {
  it('AJU-25: keeps no yes to being followed or targeted, and the stores are told at once', async () => {
    const stop = await consent.listen();
    const subject = ada();
    await decide('ajuni', subject, 'analytics');
    consent.clock.advance({ ms: 5 });
    const answer = await call('ajuni', '/v1/consents', { subject, decisions: [{ purpose: 'marketing_email', decision: 'refused' }], age: 15 });
    expect(answer.status).toBe(201);
    expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'child' });
    const history = await call('ajuni', `/v1/consents?ref=${String(answer.body['ref'])}`);
    const ended = (history.body['items'] as Body[]).find((record) => record['state'] === 'invalidated');
    expect(ended).toMatchObject({ purpose: 'analytics', method: 'child_protection' });
    const told = await consent.service.sql<{ id: string }>(`SELECT id FROM t_ajuni.dispatch WHERE ref = $1 AND cause->>'type' = 'consent_invalidated'`, [answer.body['ref']]);
    expect(told).toHaveLength(1);
    expect(await consent.commandFor(told[0]?.id)).toMatchObject({ ref: answer.body['ref'], purposes: ['analytics'] });
    await stop();
  });

  it('AUR-32: keeps what a parent agreed to, and nothing that they agreed to alone', async () => {
    const [own, parents] = [ada(), ada()];
    await decide('aurigen', own, 'special_feature');
    await decide('aurigen', parents, 'special_feature', { parentalConsent });
    consent.clock.advance({ ms: 5 });
    for (const subject of [own, parents]) await call('aurigen', '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision: 'refused' }], age: 13 });
    expect(await check('aurigen', own, 'special_feature')).toMatchObject({ allowed: false, reason: 'invalidated' });
    expect(await check('aurigen', parents, 'special_feature')).toMatchObject({ allowed: true });
  });

  it('is not grown up a click later', async () => {
    const subject = ada();
    expect((await decide('ajuni', subject, 'analytics', { age: 17 })).status).toBe(422);
    expect((await decide('ajuni', subject, 'analytics', { age: 18 })).status).toBe(422);
    consent.clock.advance({ days: 31 });
    expect((await decide('ajuni', subject, 'analytics')).status, 'a birthday nobody states makes no grown-up').toBe(422);
    expect((await decide('ajuni', subject, 'analytics', { age: 18 })).status).toBe(201);
  });
});

describe('whichever way it becomes known', () => {
  it('AJU-24: a line of an upload that is refused for an age leaves the case behind, and its neighbours alone', async () => {
    const [child, grown] = [ada(), ada()];
    const lines = [child, grown].map((subject, i) => ({ id: `line-${i}`, subject, decisions: [{ purpose: 'analytics', decision: 'given' }], age: i === 0 ? 11 : 30 }));
    const upload = new BatchCall(consent.service.url, await consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform'] }));
    upload.write(...lines);
    upload.end();
    const results = await upload.results();
    expect(results.map(({ status, error }) => [status, error?.code, error?.promise])).toEqual([['refused', 'child_refused', 'AJU-25'], ['recorded', undefined, undefined]]);
    expect(await check('ajuni', child, 'analytics')).toMatchObject({ reason: 'child' });
    expect(await check('ajuni', grown, 'analytics')).toMatchObject({ allowed: true });
  });

  it('AJU-24: an event of the ingress that is refused for an age opens a case, ends what was agreed to, and is not put aside as broken', async () => {
    const subject = ada();
    const { ref } = (await decide('ajuni', subject, 'analytics')).body;
    const [value, headers] = [
      JSON.stringify({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }], age: 13 }),
      { ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/web', ce_type: 'heed.ingress.consent_given.v2', ce_time: consent.clock.now().toISOString(), 'content-type': 'application/json' },
    ];
    await consent.publisher.publish([{ topic: `${consent.bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: 'k', value, headers }]);
    await eventually(async () => expect(await check('ajuni', subject, 'analytics')).toMatchObject({ reason: 'child' }), { timeoutMs: 20_000 });
    expect(await consent.service.sql(`SELECT state FROM t_ajuni.consent_state WHERE ref = $1`, [ref])).toEqual([{ state: 'invalidated' }]);
  });

  it('AJU-25: who is found to be one person with a child is a child, and keeps nothing that follows them', async () => {
    const [adult, child] = [ada(), ada()];
    const { ref } = (await decide('ajuni', adult, 'analytics')).body;
    await decide('ajuni', child, 'analytics', { age: 14 });
    const other = await refOf('ajuni', child);
    consent.clock.advance({ ms: 5 });
    expect((await call('ajuni', `/v1/subjects/${String(ref)}/merge`, { other, reason: 'duplicate_account' })).status).toBe(200);
    for (const subject of [adult, child]) expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'child', promise: 'AJU-25' });
    expect(await caseOf('ajuni', ref)).toMatchObject({ state: 'open', channel: 'identity' });
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.consent_state WHERE ref = $1 AND purpose = 'analytics' AND state = 'given'`, [ref])).toEqual([]);
  });
});

describe('at once', () => {
  it('AJU-25: of forty calls about one new person, one of which says child, no yes is left, whichever comes first', async () => {
    for (let round = 0; round < 3; round += 1) {
      const subject = ada();
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => decide('ajuni', subject, i % 2 === 0 ? 'analytics' : 'marketing_email', i === 13 * (round + 1) ? { age: 12 } : {})));
      expect(answers.filter(({ status }) => status !== 201 && status !== 422)).toEqual([]);
      for (const purpose of ['analytics', 'marketing_email']) expect(await check('ajuni', subject, purpose)).toMatchObject({ allowed: false, reason: 'child' });
      const ref = await refOf('ajuni', subject);
      expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.consent_state WHERE ref = $1 AND state = 'given'`, [ref])).toEqual([]);
    }
  });

  it('AJU-24: a call that is refused for something else leaves the case behind as well', async () => {
    const [one, other] = [ada(), ada()];
    for (const subject of [one, other]) await decide('ajuni', subject, 'analytics');
    const both = { identifiers: [...one.identifiers, ...other.identifiers] };
    expect(await decide('ajuni', both, 'analytics', { age: 12 })).toMatchObject({ status: 422, body: { code: 'identity_ambiguous' } });
    for (const subject of [one, other]) expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'child' });
  });
});

describe('a signal without an age', () => {
  it('AJU-24: puts everything off until somebody has looked, and the bus hears of it', async () => {
    const facts = await eventProbe(consent.bed.topicPrefix, ['heed.t.ajuni.events.v1']);
    const subject = ada();
    await decide('ajuni', subject, 'analytics');
    consent.clock.advance({ ms: 5 });
    const answer = await decide('ajuni', subject, 'marketing_email', { childSignal: true });
    expect(answer).toMatchObject({ status: 201, body: { records: [{ purpose: 'marketing_email', state: 'request_deferred' }] } });
    const { ref } = answer.body;
    for (const purpose of ['marketing_email', 'analytics']) expect(await check('ajuni', subject, purpose)).toMatchObject({ allowed: false, reason: 'age_unverified', promise: 'AJU-25' });
    expect(await check('ajuni', subject, 'service'), 'a contract goes on').toMatchObject({ allowed: true });
    await eventually(() => facts.seen('heed.consent.child_suspected.v1').some((event) => event.data['ref'] === ref), { timeoutMs: 15_000 });
    await facts.stop();
    expect(await caseOf('ajuni', ref)).toMatchObject({ state: 'open', reason: 'child_signal', standing: 'suspected', atLeast: null });

    const resolved = await call('ajuni', `/v1/children/${String(ref)}/resolve`, { outcome: 'adult' });
    expect(resolved).toMatchObject({ status: 200, body: { state: 'resolved', outcome: 'adult', standing: 'verified' } });
    expect(await check('ajuni', subject, 'analytics'), 'what was agreed to before').toMatchObject({ allowed: true });
    expect(await check('ajuni', subject, 'marketing_email'), 'what was put off is asked again').toMatchObject({ allowed: false, reason: 'no_decision' });
    expect((await decide('ajuni', subject, 'marketing_email', { childSignal: true })).body).toMatchObject({ records: [{ state: 'given' }] });
  });

  it('AUR-32: resolved as a child with a parent, the rest is agreed to and nothing that follows them', async () => {
    const subject = ada();
    const { ref } = (await decide('aurigen', subject, 'special_feature', { childSignal: true })).body;
    expect((await call('aurigen', `/v1/children/${String(ref)}/resolve`, { outcome: 'parental_consent' })).status).toBe(400);
    await call('aurigen', `/v1/children/${String(ref)}/resolve`, { outcome: 'parental_consent', parentalConsent });
    expect((await decide('aurigen', subject, 'special_feature')).body).toMatchObject({ records: [{ state: 'given' }] });
    expect((await decide('aurigen', subject, 'analytics')).body).toMatchObject({ code: 'child_refused' });
  });

  it('resolved as a child, what was agreed to before ends', async () => {
    const subject = ada();
    await decide('ajuni', subject, 'analytics');
    consent.clock.advance({ ms: 5 });
    const { ref } = (await decide('ajuni', subject, 'marketing_email', { childSignal: true })).body;
    consent.clock.advance({ ms: 5 });
    await call('ajuni', `/v1/children/${String(ref)}/resolve`, { outcome: 'child' });
    expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'child' });
    expect((await call('ajuni', `/v1/consents?ref=${String(ref)}`)).body['items']).toMatchObject([{ state: 'invalidated' }, { state: 'request_deferred' }, { state: 'given' }]);
  });

  it('resolved by a ref that was merged since, it is the person who is looked at, and of a ref that leads to somebody there is no case', async () => {
    const [adult, child] = [ada(), ada()];
    const { ref } = (await decide('ajuni', adult, 'analytics')).body;
    const { ref: other } = (await decide('ajuni', child, 'marketing_email', { childSignal: true })).body;
    consent.clock.advance({ ms: 5 });
    await call('ajuni', `/v1/subjects/${String(ref)}/merge`, { other, reason: 'duplicate_account' });
    expect([await caseOf('ajuni', ref), await caseOf('ajuni', other)]).toMatchObject([{ state: 'open' }, undefined]);
    const resolved = await call('ajuni', `/v1/children/${String(other)}/resolve`, { outcome: 'adult' });
    expect(resolved).toMatchObject({ status: 200, body: { ref, state: 'resolved', outcome: 'adult' } });
    for (const subject of [adult, child]) expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: true });
  });

  it('that came too late for somebody who was erased resolves nothing', async () => {
    const subject = ada();
    const { ref } = (await decide('ajuni', subject, 'marketing_email', { childSignal: true })).body;
    await consent.service.sql('UPDATE t_ajuni.subject SET erased_at = now() WHERE ref = $1', [ref]);
    expect(await call('ajuni', `/v1/children/${String(ref)}/resolve`, { outcome: 'adult' })).toMatchObject({ status: 404 });
    expect(await consent.service.sql('SELECT standing, resolved_at FROM t_ajuni.person_age WHERE ref = $1', [ref])).toEqual([{ standing: 'suspected', resolved_at: null }]);
  });

  it('cases come in pages, by state, to the privacy officer alone; a ref without one is not found', async () => {
    for (let i = 0; i < 3; i += 1) await decide('auronx', ada(), 'analytics', { childSignal: true });
    const first = await call('auronx', '/v1/children?state=open&limit=2');
    const second = await call('auronx', `/v1/children?state=open&limit=2&cursor=${String(first.body['nextCursor'])}`);
    const refs = [first, second].flatMap((page) => (page.body['items'] as Body[]).map((one) => one['ref']));
    expect(new Set(refs).size).toBe(refs.length);
    expect(refs.length).toBeGreaterThanOrEqual(3);
    expect((await call('auronx', '/v1/children?state=resolved')).body['items']).toEqual([]);
    expect((await consent.service.call('GET', '/v1/children', { tenant: 'auronx', roles: ['platform'] })).status).toBe(403);
    expect((await call('auronx', `/v1/children/sub_${'0'.repeat(32)}/resolve`, { outcome: 'adult' })).status).toBe(404);
  });
});
