import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { newEvent } from '@heed/kernel';
import { loadSamplePack, noticeHash, packHash } from '@heed/policy';
import type { ConsentNotice, PolicyPack } from '@heed/policy';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'auronx', 'aurigen']);
  return () => consent.stop();
});

type Body = Record<string, unknown>;
const call = (tenant: string, path: string, body?: unknown, roles = ['platform', 'dpo']) => consent.service.call(body === undefined ? 'GET' : 'POST', path, { tenant, roles }, body);
const decide = (tenant: string, subject: unknown, decision: string, more: Body = {}) =>
  call(tenant, '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision }], notice: { id: 'signup', version: '1', language: 'en' }, ...more });
const mayAsk = async (tenant: string, subject: unknown, purpose = 'analytics'): Promise<Body | undefined> =>
  ((await call(tenant, '/v1/consents/may-ask', { subject, purposes: [purpose] })).body['items'] as Body[])[0];

/** The policy with its sign-up notice changed. */
function changed(pack: PolicyPack, notice: Partial<ConsentNotice>): PolicyPack {
  return { ...pack, notices: { ...pack.notices, consent: pack.notices.consent.map((one) => (one.id === 'signup' ? { ...one, ...notice } : one)) } };
}

async function activate(tenant: string, version: number, pack: PolicyPack): Promise<void> {
  const data = { version, hash: packHash(pack), effectiveFrom: consent.clock.now().toISOString(), pack: pack as unknown as Record<string, unknown> };
  await consent.publish(newEvent(policyActivated, { source: '/heed/subprocessor-registry', tenant, key: tenant, clock: consent.clock, data }));
  await eventually(async () => expect((await call(tenant, '/v1/purposes')).body['policyVersion']).toBe(version), { timeoutMs: 20_000 });
}

/** The version of the sign-up notice that people are shown now, and how it comes to say something else. @returns the version after */
async function nextWords(tenant: 'aurigen' | 'auronx'): Promise<{ readonly version: string; readonly next: () => Promise<string> }> {
  const { version } = (await call(tenant, '/v1/purposes/notices/signup')).body;
  const after = String(Number(version) + 1);
  const next = async (): Promise<string> => {
    const policy = Number((await call(tenant, '/v1/purposes')).body['policyVersion']);
    await activate(tenant, policy + 1, changed(loadSamplePack(tenant), { version: after, texts: { en: `Something else: ${after}.` } }));
    return after;
  };
  return { version: String(version), next };
}

describe('words that people read', () => {
  it('AJU-14: are shown as they were, also after they changed, with the hash that the record keeps', async () => {
    const pack = loadSamplePack('aurigen');
    const [signup] = pack.notices.consent;
    const subject = ada();
    const { body } = await call('aurigen', '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision: 'given' }], notice: { id: 'signup', version: '1', language: 'en' } });
    await activate('aurigen', 2, changed(pack, { version: '1.1', texts: { en: 'Newsletters and analytics are optional.' } }));
    await activate('aurigen', 3, changed(pack, { version: '2', texts: { en: 'Newsletters, analytics and preferences: all optional.' } }));
    const record = ((await call('aurigen', `/v1/consents?ref=${String(body['ref'])}`)).body['items'] as Body[])[0];
    const old = await call('aurigen', '/v1/purposes/notices/signup?version=1&language=en');
    expect(old.body).toMatchObject({ version: '1', inForce: false, policyVersion: 1, purposes: signup?.purposes, texts: [{ language: 'en', text: signup?.texts['en'], hash: record?.['noticeHash'] }] });
    expect(record?.['noticeHash']).toBe(noticeHash(signup!, 'en'));
    const now = await call('aurigen', '/v1/purposes/notices/signup');
    expect(now.body).toMatchObject({ version: '2', inForce: true, policyVersion: 3 });
    expect((now.body['versions'] as Body[]).map((one) => [one['version'], one['asksAgain']])).toEqual([['1', false], ['1.1', false], ['2', true]]);
    expect((await call('aurigen', '/v1/purposes/notices/signup?policyVersion=2')).body).toMatchObject({ version: '1.1' });
    expect((await call('aurigen', '/v1/purposes/notices/signup?language=fr')).status).toBe(404);
    expect((await call('aurigen', '/v1/purposes/notices/none')).status).toBe(404);
  });
});

describe('who may be asked', () => {
  it('Ajuni leaves a no alone for twelve months, AuronX for six', async () => {
    const start = consent.clock.now();
    const people = { ajuni: ada(), auronx: ada() };
    for (const tenant of ['ajuni', 'auronx'] as const) {
      expect(await mayAsk(tenant, people[tenant])).toMatchObject({ mayAsk: true, reason: 'never_asked', from: null });
      await decide(tenant, people[tenant], 'refused');
    }
    expect(await mayAsk('ajuni', people.ajuni)).toMatchObject({ mayAsk: false, reason: 'refused', from: '2027-11-21T10:00:00.000Z', since: start.toISOString() });
    expect(await mayAsk('auronx', people.auronx)).toMatchObject({ mayAsk: false, reason: 'refused', from: '2027-05-21T10:00:00.000Z' });
    consent.clock.set('2027-05-21T10:00:00Z');
    expect([await mayAsk('ajuni', people.ajuni), await mayAsk('auronx', people.auronx)]).toMatchObject([{ mayAsk: false }, { mayAsk: true, reason: 'period_over' }]);
    consent.clock.set('2027-11-21T10:00:00Z');
    expect(await mayAsk('ajuni', people.ajuni)).toMatchObject({ mayAsk: true, reason: 'period_over' });
    consent.clock.set(start);
  });

  it('nobody is asked for what they agreed to, for what needs no agreement, or for what is never done', async () => {
    const subject = ada();
    await decide('ajuni', subject, 'given');
    expect(await mayAsk('ajuni', subject)).toMatchObject({ mayAsk: false, reason: 'given' });
    expect(await mayAsk('ajuni', subject, 'service')).toMatchObject({ mayAsk: false, reason: 'basis_without_consent' });
    expect(await mayAsk('ajuni', subject, 'sale')).toMatchObject({ mayAsk: false, reason: 'never_purpose' });
    const child = ada();
    await decide('ajuni', child, 'given', { age: 10 });
    expect(await mayAsk('ajuni', child)).toMatchObject({ mayAsk: false, reason: 'child' });
  });
});

describe('a notice that says something else', () => {
  const progress = async (id: unknown): Promise<Body> => (await call('ajuni', `/v1/campaigns/${String(id)}`)).body;

  it('asks those again whose consent rests on the older one, shows how far it is, and leaves a no alone', async () => {
    const [agrees, refuses, silent, saidNo, elsewhere, newcomer] = [ada(), ada(), ada(), ada(), ada(), ada()];
    for (const subject of [agrees, refuses, silent]) await decide('ajuni', subject, 'given');
    await decide('ajuni', saidNo, 'refused');
    await call('ajuni', '/v1/consents', { subject: elsewhere, decisions: [{ purpose: 'analytics', decision: 'given' }], notice: { id: 'cookies', version: '1', language: 'en' } });
    const pack = loadSamplePack('ajuni');
    await activate('ajuni', 2, changed(pack, { version: '1.1', texts: { en: 'The same in other words.' } }));
    expect(await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '1.1', onNoAnswer: 'keep' })).toMatchObject({ status: 422, body: { code: 'change_not_material' } });
    await activate('ajuni', 3, changed(pack, { version: '2', texts: { en: 'Something else.' } }));
    await decide('ajuni', newcomer, 'given', { notice: { id: 'signup', version: '2', language: 'en' } });
    expect(await mayAsk('ajuni', agrees)).toMatchObject({ mayAsk: true, reason: 'notice_changed' });

    const deadline = new Date(consent.clock.now().getTime() + 7 * 86_400_000).toISOString();
    expect(await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '2', onNoAnswer: 'expire' })).toMatchObject({ body: { code: 'deadline_missing' } });
    expect(await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '2', deadline: '2020-01-01T00:00:00Z', onNoAnswer: 'keep' })).toMatchObject({ body: { code: 'deadline_past' } });
    expect(await call('ajuni', '/v1/campaigns', { notice: 'cookies', version: '1', purposes: ['marketing_email'], onNoAnswer: 'keep' })).toMatchObject({ body: { code: 'notice_for_other_purpose' } });
    const started = await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '2', purposes: ['analytics'], deadline, onNoAnswer: 'expire' });
    expect(started).toMatchObject({ status: 201, body: { state: 'gathering', olderVersions: ['1', '1.1'], purposes: ['analytics'] } });
    const { id } = started.body;
    expect((await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '2', onNoAnswer: 'keep' })).body).toMatchObject({ code: 'campaign_running' });
    await eventually(async () => expect(await progress(id)).toMatchObject({ state: 'asking' }), { timeoutMs: 20_000 });
    const before = ((await progress(id))['progress'] as Body)['toAsk'] as number;
    expect(await progress(id)).toMatchObject({ progress: { asked: 0, given: 0, notAnswered: 0, skipped: { askedRecently: 0 } } });
    expect(((await progress(id))['progress'] as { skipped: Body }).skipped['refused']).toBeGreaterThanOrEqual(1);

    const toAsk: Body[] = [];
    for (let cursor: unknown = undefined, more = true; more; ) {
      const page = await call('ajuni', `/v1/campaigns/${String(id)}/people?limit=2${cursor ? `&cursor=${String(cursor)}` : ''}`);
      toAsk.push(...(page.body['items'] as Body[]));
      cursor = page.body['nextCursor'];
      more = cursor !== null;
    }
    expect(toAsk).toHaveLength(before);
    const refOf = async (subject: unknown): Promise<string> => String((await call('ajuni', '/v1/consents/check', { subject, purpose: 'analytics' })).body['recordId']);
    const refs = toAsk.map((one) => one['ref']);
    for (const [subject, listed] of [[agrees, true], [silent, true], [saidNo, false], [elsewhere, false], [newcomer, false]] as const) {
      const [row] = await consent.service.sql<{ ref: string }>('SELECT ref FROM t_ajuni.consent_state WHERE record_id = $1', [await refOf(subject)]);
      expect(refs.includes(row?.ref)).toBe(listed);
    }

    expect((await call('ajuni', `/v1/campaigns/${String(id)}/asked`, { refs })).body).toEqual({ asked: before });
    expect((await call('ajuni', `/v1/campaigns/${String(id)}/asked`, { refs })).body, 'told twice').toEqual({ asked: 0 });
    expect(await mayAsk('ajuni', agrees)).toMatchObject({ mayAsk: false, reason: 'asked_recently' });
    expect((await call('ajuni', '/v1/consents/check', { subject: agrees, purpose: 'analytics' })).body, 'a question takes no consent away').toMatchObject({ allowed: true });
    consent.clock.advance({ ms: 5 });
    await decide('ajuni', agrees, 'given', { notice: { id: 'signup', version: '2', language: 'en' } });
    await decide('ajuni', refuses, 'refused', { notice: { id: 'signup', version: '2', language: 'en' } });
    expect(await progress(id)).toMatchObject({ progress: { toAsk: 0, asked: before, given: 1, refused: 1, notAnswered: before - 2 } });

    consent.clock.advance({ days: 7 });
    expect((await call('ajuni', `/v1/campaigns/${String(id)}/asked`, { refs })).body).toMatchObject({ code: 'campaign_closed' });
    await eventually(async () => expect(await progress(id)).toMatchObject({ state: 'closed', progress: { expired: before - 2, notAnswered: 0, given: 1, refused: 1 } }), { timeoutMs: 20_000 });
    expect((await call('ajuni', '/v1/consents/check', { subject: silent, purpose: 'analytics' })).body).toMatchObject({ allowed: false, reason: 'expired' });
    for (const subject of [agrees, elsewhere, newcomer]) expect((await call('ajuni', '/v1/consents/check', { subject, purpose: 'analytics' })).body).toMatchObject({ allowed: true });
    expect((await call('ajuni', '/v1/campaigns')).body['items']).toMatchObject([{ id, state: 'closed' }]);
  });

  it('several are listed with the figures of each, also where nobody was found', async () => {
    const { version } = await nextWords('auronx');
    for (const decision of ['given', 'given', 'refused']) expect((await decide('auronx', ada(), decision, { notice: { id: 'signup', version, language: 'en' } })).status).toBe(201);
    const figures = async (): Promise<Map<unknown, unknown>> => new Map(((await call('auronx', '/v1/campaigns')).body['items'] as Body[]).map((one) => [one['id'], [one['state'], one['progress']]]));
    const ids: unknown[] = [];
    for (const purposes of [['analytics'], ['marketing_email']]) {
      consent.clock.advance({ ms: 1 });
      const words = await (await nextWords('auronx')).next();
      const started = await call('auronx', '/v1/campaigns', { notice: 'signup', version: words, purposes, onNoAnswer: 'keep' });
      expect(started.status).toBe(201);
      ids.push(started.body['id']);
    }
    await eventually(async () => expect([...(await figures()).values()].map((one) => (one as unknown[])[0])).toEqual(['asking', 'asking']), { timeoutMs: 20_000 });
    const listed = await figures();
    expect([...listed.keys()]).toEqual(ids.toReversed());
    const none = { toAsk: 0, asked: 0, given: 0, refused: 0, notAnswered: 0, expired: 0, skipped: { askedRecently: 0, refused: 0, child: 0 } };
    expect(listed.get(ids[1])).toEqual(['asking', none]);
    const [, first] = listed.get(ids[0]) as [string, Body & { skipped: Body }];
    expect(first).toMatchObject({ toAsk: 2, asked: 0, given: 0 });
    expect(first.skipped['refused']).toBeGreaterThanOrEqual(1);
  });

  it('who is found to be somebody else meanwhile is asked as that person, answers as them, or falls silent as them', async () => {
    const { version, next } = await nextWords('aurigen');
    const gives = async (subject: unknown, purpose: string): Promise<string> =>
      String((await call('aurigen', '/v1/consents', { subject, decisions: [{ purpose, decision: 'given' }], notice: { id: 'signup', version, language: 'en' } })).body['ref']);
    const merge = async (ref: string, other: string): Promise<void> =>
      expect(await call('aurigen', `/v1/subjects/${ref}/merge`, { other, reason: 'duplicate_account' })).toMatchObject({ status: 200 });
    const [silent, answering] = [ada(), ada()];
    const [first, second] = [await gives(ada(), 'analytics'), await gives(ada(), 'analytics')];
    const [silentRef, answeringRef] = [await gives(silent, 'marketing_email'), await gives(answering, 'marketing_email')];
    const words = await next();
    const deadline = new Date(consent.clock.now().getTime() + 86_400_000).toISOString();
    const { id } = (await call('aurigen', '/v1/campaigns', { notice: 'signup', version: words, purposes: ['analytics'], deadline, onNoAnswer: 'expire' })).body;
    const now = async (): Promise<Body> => (await call('aurigen', `/v1/campaigns/${String(id)}`)).body;
    const asked = async (ref: string): Promise<unknown> => (await call('aurigen', `/v1/campaigns/${String(id)}/asked`, { refs: [ref] })).body['asked'];
    await eventually(async () => expect(await now()).toMatchObject({ state: 'asking' }), { timeoutMs: 20_000 });

    expect(await asked(first)).toBe(1);
    await merge(silentRef, first);
    expect(await mayAsk('aurigen', silent), 'they were asked under the other ref').toMatchObject({ mayAsk: false, reason: 'asked_recently' });
    await merge(answeringRef, second);
    const listed = (await call('aurigen', `/v1/campaigns/${String(id)}/people`)).body['items'] as Body[];
    expect(listed.map(({ ref }) => ref)).toContain(answeringRef);
    expect(listed.map(({ ref }) => ref)).not.toContain(second);
    expect([await asked(answeringRef), await asked(second)], 'told of either ref, it counts once').toEqual([1, 0]);
    expect(await now()).toMatchObject({ progress: { asked: 2, given: 0, notAnswered: 2 } });

    consent.clock.advance({ ms: 5 });
    await call('aurigen', '/v1/consents', { subject: answering, decisions: [{ purpose: 'analytics', decision: 'given' }], notice: { id: 'signup', version: words, language: 'en' } });
    expect(await now()).toMatchObject({ progress: { asked: 2, given: 1, notAnswered: 1 } });
    consent.clock.advance({ days: 1 });
    await eventually(async () => expect(await now()).toMatchObject({ state: 'closed', progress: { given: 1, notAnswered: 0, expired: 1 } }), { timeoutMs: 20_000 });
    expect((await call('aurigen', '/v1/consents/check', { subject: silent, purpose: 'analytics' })).body).toMatchObject({ allowed: false, reason: 'expired' });
    expect((await call('aurigen', '/v1/consents/check', { subject: answering, purpose: 'analytics' })).body).toMatchObject({ allowed: true });
  });

  it('a young person is asked where the law of the place, by which they agreed, lets them decide', async () => {
    const { version, next } = await nextWords('auronx');
    const decides = async (more: Body): Promise<string> => {
      const answer = await call('auronx', '/v1/consents', { subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }], notice: { id: 'signup', version, language: 'en' }, age: 16, ...more });
      return String(answer.body['ref']);
    };
    const german = await decides({ jurisdiction: 'DE' });
    expect(loadSamplePack('auronx').children, 'the law counts').toBeUndefined();
    const words = await next();
    const { id } = (await call('auronx', '/v1/campaigns', { notice: 'signup', version: words, purposes: ['analytics'], onNoAnswer: 'keep' })).body;
    await eventually(async () => expect((await call('auronx', `/v1/campaigns/${String(id)}`)).body).toMatchObject({ state: 'asking', progress: { skipped: { child: 0 } } }), { timeoutMs: 20_000 });
    const listed = (await call('auronx', `/v1/campaigns/${String(id)}/people`)).body['items'] as Body[];
    expect(listed.map(({ ref }) => ref)).toContain(german);
  });

  it('an unknown campaign is not found, and nobody but the privacy officer starts one', async () => {
    expect((await call('ajuni', `/v1/campaigns/${randomUUID()}`)).status).toBe(404);
    expect((await call('ajuni', '/v1/campaigns/nonsense')).status).toBe(404);
    expect((await call('ajuni', '/v1/campaigns', { notice: 'signup', version: '2', onNoAnswer: 'keep' }, ['platform'])).status).toBe(403);
  });
});
