import { loadSamplePack } from '@heed/policy';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'aurigen', 'ahurasense', 'auronx', 'askasia']);
  return () => consent.stop();
});

type Body = Record<string, unknown>;
const call = (tenant: string, path: string, body: unknown) => consent.service.call('POST', path, { tenant, roles: ['platform'] }, body);
const check = async (tenant: string, subject: unknown, purpose: string, jurisdiction?: string): Promise<Body> =>
  (await call(tenant, '/v1/consents/check', { subject, purpose, jurisdiction })).body;
const decide = (tenant: string, subject: unknown, purpose: string, decision: string, more: Body = {}) =>
  call(tenant, '/v1/consents', { subject, decisions: [{ purpose, decision }], ...more });

describe('the ground a purpose rests on, where the person lives (G04)', () => {
  it('AJU-09: security telemetry is a legitimate interest in the EU, until somebody there objects', async () => {
    const subject = ada();
    expect(await check('ajuni', subject, 'security', 'DE')).toMatchObject({ allowed: true, basis: 'legitimate_interest' });
    const objected = await call('ajuni', '/v1/withdrawals', { subject, purposes: ['security'], jurisdiction: 'DE' });
    expect(objected.status).toBe(202);
    expect(await check('ajuni', subject, 'security', 'DE')).toMatchObject({ allowed: false, reason: 'objected', basis: 'legitimate_interest' });
    consent.clock.advance({ ms: 1 });
    const back = await decide('ajuni', subject, 'security', 'given', { jurisdiction: 'DE' });
    expect(back.body).toMatchObject({ records: [{ state: 'given' }] });
    expect(await check('ajuni', subject, 'security', 'DE')).toMatchObject({ allowed: true });
  });

  it('a legitimate interest that nobody objected to needs no yes, and takes none', async () => {
    expect(await decide('ajuni', ada(), 'security', 'given', { jurisdiction: 'DE' })).toMatchObject({ status: 422, body: { code: 'purpose_not_consent_based' } });
  });

  it('AJU-10: in India the same telemetry is a use of section 7, which an objection does not touch', async () => {
    const subject = ada();
    expect(await check('ajuni', subject, 'security', 'IN')).toMatchObject({ allowed: true, basis: 'legitimate_use' });
    expect(await call('ajuni', '/v1/withdrawals', { subject, purposes: ['security'], jurisdiction: 'IN' })).toMatchObject({
      status: 422, body: { code: 'purpose_not_consent_based' },
    });
    await call('ajuni', '/v1/withdrawals', { subject, purposes: ['security'], jurisdiction: 'DE' });
    expect(await check('ajuni', subject, 'security', 'IN')).toMatchObject({ allowed: true, basis: 'legitimate_use' });
    const indian = loadSamplePack('ajuni').purposes.map((purpose) => purpose.bases['IN']?.basis);
    expect(new Set(indian)).toEqual(new Set(['legitimate_use', 'consent']));
  });

  it('AUR-04: Aurigen’s marketing and analytics ask for a yes in India, the EU and the UK alike, and running the product asks for none', async () => {
    const subject = ada();
    for (const place of ['IN', 'FR', 'GB']) {
      for (const purpose of ['marketing_email', 'analytics']) {
        expect(await check('aurigen', subject, purpose, place)).toMatchObject({ allowed: false, basis: 'consent', reason: 'no_decision' });
      }
      expect(await check('aurigen', subject, 'service', place)).toMatchObject({ allowed: true, basis: place === 'IN' ? 'legitimate_use' : 'contract' });
    }
    await decide('aurigen', subject, 'analytics', 'given');
    expect(await check('aurigen', subject, 'analytics', 'GB')).toMatchObject({ allowed: true, basis: 'consent' });
  });

  it('AHU-01: AhuraSense’s analytics need a yes in India and none in the EU, where an objection ends them', async () => {
    const subject = ada();
    expect(await check('ahurasense', subject, 'analytics', 'IN')).toMatchObject({ allowed: false, basis: 'consent', reason: 'no_decision' });
    expect(await check('ahurasense', subject, 'analytics', 'EU')).toMatchObject({ allowed: true, basis: 'legitimate_interest' });
    await call('ahurasense', '/v1/withdrawals', { subject, purposes: ['analytics'] });
    expect(await check('ahurasense', subject, 'analytics', 'EU')).toMatchObject({ allowed: false, reason: 'withdrawn', basis: 'legitimate_interest' });
    consent.clock.advance({ ms: 1 }); // whoever said no can take it back, whatever it is called there
    expect((await decide('ahurasense', subject, 'analytics', 'given', { jurisdiction: 'EU' })).status).toBe(201);
    expect(await check('ahurasense', subject, 'analytics', 'EU')).toMatchObject({ allowed: true });
    expect(await check('ahurasense', subject, 'billing', 'EU')).toMatchObject({ allowed: true, basis: 'contract' });
  });

  it('a place that the policy is silent about allows nothing, and nothing can be recorded for it', async () => {
    expect(await check('ajuni', ada(), 'service', 'US-CA')).toMatchObject({ allowed: false, reason: 'no_basis_in_jurisdiction' });
    expect(await decide('ajuni', ada(), 'analytics', 'given', { jurisdiction: 'US-CA' })).toMatchObject({ status: 422, body: { code: 'jurisdiction_unknown' } });
  });
});

describe('one decision per purpose, and no by default (G05)', () => {
  it('AJU-08: analytics that were agreed to run, marketing mail that was refused does not', async () => {
    const subject = ada();
    await call('ajuni', '/v1/consents', { subject, decisions: [{ purpose: 'analytics', decision: 'given' }, { purpose: 'marketing_email', decision: 'refused' }] });
    expect(await check('ajuni', subject, 'analytics', 'EU')).toMatchObject({ allowed: true, basis: 'consent', reason: 'given' });
    expect(await check('ajuni', subject, 'marketing_email', 'EU')).toMatchObject({ allowed: false, reason: 'refused' });
  });

  it('AJU-15: a yes under a notice counts for the purposes that the notice asks about, and for no other', async () => {
    const subject = ada();
    const notice = { id: 'cookies', version: '1', language: 'hi' };
    expect(await decide('ajuni', subject, 'marketing_email', 'given', { notice })).toMatchObject({ status: 422, body: { code: 'notice_for_other_purpose' } });
    expect((await decide('ajuni', subject, 'analytics', 'given', { notice })).status).toBe(201);
    expect(await call('ajuni', '/v1/consents', { subject, decisions: 'all' })).toMatchObject({ status: 400 });
    expect(await check('ajuni', subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'no_decision' });
  });

  it('AJU-19: marketing mail waits for an opt-in: nobody known, somebody known for something else, and only then a yes', async () => {
    const subject = ada();
    expect(await check('ajuni', subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'no_decision' });
    await decide('ajuni', subject, 'analytics', 'given');
    expect(await check('ajuni', subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'no_decision' });
    await decide('ajuni', subject, 'marketing_email', 'given');
    expect(await check('ajuni', subject, 'marketing_email')).toMatchObject({ allowed: true, reason: 'given' });
  });

  it('AUR-02: what Aurigen calls optional is switched on and off again, one by one', async () => {
    const subject = ada();
    const optional = ['personalisation', 'marketing_email', 'analytics'];
    for (const purpose of optional) await decide('aurigen', subject, purpose, 'given');
    await call('aurigen', '/v1/withdrawals', { subject, purposes: ['personalisation'] });
    const answers = await Promise.all(optional.map((purpose) => check('aurigen', subject, purpose)));
    expect(answers.map((answer) => answer['allowed'])).toEqual([false, true, true]);
    await decide('aurigen', subject, 'personalisation', 'given');
    expect(await check('aurigen', subject, 'personalisation')).toMatchObject({ allowed: false }); // in the very instant of the no: the no stays
    consent.clock.advance({ ms: 1 });
    await decide('aurigen', subject, 'personalisation', 'given');
    expect(await check('aurigen', subject, 'personalisation')).toMatchObject({ allowed: true });
  });

  it('AHU-02: where the law asks AhuraSense for consent it is asked for, and a refusal stays in force beside other yeses', async () => {
    const subject = ada();
    await decide('ahurasense', subject, 'analytics', 'refused', { jurisdiction: 'IN' });
    await decide('ahurasense', subject, 'marketing_email', 'given', { jurisdiction: 'IN' });
    expect(await check('ahurasense', subject, 'analytics', 'IN')).toMatchObject({ allowed: false, reason: 'refused', basis: 'consent' });
    expect(await check('ahurasense', subject, 'marketing_email', 'IN')).toMatchObject({ allowed: true });
  });
});

describe('a withdrawal of everything', () => {
  it('AJU-18: ends what rests on consent, and neither the contract nor the law nor an interest that nobody objected to', async () => {
    const subject = ada();
    for (const purpose of ['marketing_email', 'analytics']) await decide('ajuni', subject, purpose, 'given');
    expect((await call('ajuni', '/v1/withdrawals', { subject, purposes: 'all', jurisdiction: 'DE' })).status).toBe(202);
    const after = async (purpose: string): Promise<unknown> => (await check('ajuni', subject, purpose, 'DE'))['allowed'];
    expect({ marketing: await after('marketing_email'), analytics: await after('analytics') }).toEqual({ marketing: false, analytics: false });
    expect({ contract: await after('service'), law: await after('legal_obligation'), interest: await after('security') }).toEqual({ contract: true, law: true, interest: true });
  });

  it('AJU-18: works forward: the register still says that what was done before was allowed', async () => {
    const subject = ada();
    const given = await decide('ajuni', subject, 'marketing_email', 'given');
    consent.clock.advance({ ms: 1 }); // two records of one millisecond are in no order
    await call('ajuni', '/v1/withdrawals', { subject, purposes: 'all' });
    const history = await consent.service.call('GET', `/v1/consents?ref=${String(given.body['ref'])}`, { tenant: 'ajuni', roles: ['dpo'] });
    const items = history.body['items'] as { purpose: string; state: string; tookEffect: boolean; basis: string }[];
    expect(items.filter((item) => item.purpose === 'marketing_email').map(({ state, tookEffect }) => ({ state, tookEffect }))).toEqual([
      { state: 'withdrawn', tookEffect: true }, { state: 'given', tookEffect: true },
    ]);
  });
});

describe('how long a yes holds', () => {
  it('until the policy’s time is over, without anybody having to write that down', async () => {
    const subject = ada();
    await decide('auronx', subject, 'marketing_email', 'given');
    const history = async (ref: unknown): Promise<Body[]> =>
      (await consent.service.call('GET', `/v1/consents?ref=${String(ref)}`, { tenant: 'auronx', roles: ['dpo'] })).body['items'] as Body[];
    consent.clock.advance({ ms: 1 });
    const renewed = await decide('auronx', subject, 'marketing_email', 'given');
    const [latest] = await history(renewed.body['ref']);
    expect(latest).toMatchObject({ state: 'renewed_given', basis: 'consent' });
    expect(String(latest?.['validUntil'])).toMatch(/^2028-05-21/); // eighteen months: AuronX
    expect(renewed.body).toMatchObject({ records: [{ state: 'given' }] });
  });
});

describe('a branded domain', () => {
  it('is decided about on its own, and a no that names none counts there too', async () => {
    const subject = { identifiers: [{ type: 'cookie_id', value: ada().identifiers[0]!.value }] };
    const on = (domain: string, decision: string) => decide('askasia', subject, 'analytics', decision, { domain });
    await on('one.example.com', 'given');
    const may = async (domain?: string): Promise<unknown> =>
      (await call('askasia', '/v1/consents/check', { subject, purpose: 'analytics', domain })).body['allowed'];
    expect([await may('one.example.com'), await may('two.example.com'), await may()]).toEqual([true, false, false]);
    consent.clock.advance({ ms: 1 });
    await call('askasia', '/v1/withdrawals', { subject, purposes: ['analytics'] });
    expect(await may('one.example.com')).toBe(false);
  });
});
