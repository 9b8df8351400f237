import { verifyCertificate } from '@heed/certificate';
import type { ConsentCertificate, SignedCertificate, WithdrawalCertificate } from '@heed/certificate';
import { consentNoticeOf, loadSamplePack, noticeHash } from '@heed/policy';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExpireConsents } from '../src/expiry/expire-consents.job.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

const AUDITOR = { tenant: 'ajuni', roles: ['auditor'] };
let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  const deafen = await consent.listen();
  return async () => {
    await deafen();
    await consent.stop();
  };
});

const get = (route: string, who = AUDITOR, headers = {}) => consent.service.call('GET', route, who, undefined, headers);
const vkey = async (): Promise<string> => String((await get('/v1/ledger/consent')).body['key']);

async function certificate<C extends { readonly id: string }>(route: string): Promise<SignedCertificate & { certificate: C }> {
  const answer = await eventually(async () => {
    const now = await get(route);
    expect(now.status).toBe(200);
    return now;
  }, { timeoutMs: 20_000 });
  expect(verifyCertificate(answer.body, { keys: [await vkey()] })).toMatchObject({ ok: true, trusted: true });
  return answer.body as unknown as SignedCertificate & { certificate: C };
}

describe('the certificate of a withdrawal', () => {
  it("is there once every store has answered, with each store's own signature and the ledger's proof", async () => {
    const subject = ada();
    const { body } = await consent.withdraw({ subject, purposes: ['marketing_email'], channel: 'web_form' });
    const route = `/v1/withdrawals/${String(body['id'])}/certificate`;
    expect(await get(route)).toMatchObject({ status: 409, body: { code: 'withdrawal_open' } });

    const command = await consent.commandFor(body['dispatchId']);
    await consent.acknowledge(command, 'crm', consent.agent.keys);
    await eventually(async () => expect((await get(route)).status).toBe(200), { timeoutMs: 20_000 });
    const signed = await certificate<WithdrawalCertificate>(route);
    expect(signed.certificate).toMatchObject({
      tenant: { id: 'ajuni' }, withdrawal: { id: body['id'], ref: body['ref'], method: 'web_form', records: [{ purpose: 'marketing_email' }] },
      dispatches: [{ id: body['dispatchId'], notAsked: [{ dataStore: 'telemetry' }], stores: [{ dataStore: 'crm', outcome: 'done', rows: 1, acknowledgement: { proof: { kid: consent.agent.agent.signingKey.kid } } }] }],
      totals: { stores: 1, rows: 1, residue: 0, kept: 0 }, supersedes: null,
    });
    expect(signed.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'consent.withdrawn', 'target.acknowledged']);
    expect(JSON.stringify(signed)).not.toContain(subject.identifiers[0]?.value);
    expect(await certificate<ConsentCertificate | WithdrawalCertificate>(route), 'asked again, nothing is issued anew').toEqual(signed);

    const page = await get(route, PLATFORM, { accept: 'text/html' });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.body['text']).toContain('telemetry (does not use the purpose)');
  });

  it('is there for an objection too, which withdraws what rests on a legitimate interest', async () => {
    const { body } = await consent.withdraw({ subject: ada(), purposes: ['security'], jurisdiction: 'EU' });
    const signed = await certificate<WithdrawalCertificate>(`/v1/withdrawals/${String(body['id'])}/certificate`);
    expect(signed.certificate).toMatchObject({ withdrawal: { id: body['id'], records: [{ purpose: 'security' }] }, dispatches: [{ id: body['dispatchId'], stores: [] }] });
    expect(signed.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'consent.objected']);
  });

  it('is issued once, however many ask at the same time', async () => {
    const { body } = await consent.withdraw({ subject: ada(), purposes: ['analytics'] });
    await consent.acknowledge(await consent.commandFor(body['dispatchId']), 'telemetry', consent.agent.keys);
    const route = `/v1/withdrawals/${String(body['id'])}/certificate`;
    await eventually(async () => expect((await consent.service.call('GET', `/v1/dispatches/${String(body['dispatchId'])}`, PLATFORM)).body['state']).toBe('done'), { timeoutMs: 20_000 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => certificate<WithdrawalCertificate>(route)));
    expect(new Set(answers.map((answer) => answer.certificate.id)).size).toBe(1);
    const rows = await consent.service.sql('SELECT 1 FROM t_ajuni.issued_certificate WHERE about = $1', [body['id']]);
    expect(rows).toHaveLength(1);
  });

  it("of nobody, of another tenant, or of something else than a withdrawal is not there", async () => {
    expect((await get(`/v1/withdrawals/${randomUUID()}/certificate`)).status).toBe(404);
    expect((await get('/v1/withdrawals/x/certificate')).status).toBe(404);
    const given = await consent.decide({ subject: ada(), decisions: [{ purpose: 'analytics', decision: 'refused' }] });
    const [{ id }] = given.body['records'] as [{ id: string }];
    expect((await get(`/v1/withdrawals/${id}/certificate`)).status).toBe(404);
    const { body } = await consent.withdraw({ subject: ada(), purposes: ['analytics'] });
    expect((await get(`/v1/withdrawals/${String(body['id'])}/certificate`, { tenant: 'askasia', roles: ['auditor'] })).status).toBe(404);
  });
});

describe('the certificate of a consent', () => {
  it('AJU-14: names the purpose, the very words that were shown, how and when', async () => {
    const subject = ada();
    const given = await consent.decide({
      subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], notice: { id: 'signup', version: '1', language: 'hi' }, method: 'web_form', occurredAt: '2026-11-21T09:30:00Z',
    });
    const [{ id }] = given.body['records'] as [{ id: string }];
    const route = `/v1/consents/${id}/certificate`;
    const first = await certificate<ConsentCertificate>(route);
    const words = consentNoticeOf(loadSamplePack('ajuni'), 'signup', '1');
    expect(first.certificate).toMatchObject({
      ref: given.body['ref'], purpose: { id: 'marketing_email', policyVersion: 1 }, notice: { id: 'signup', version: '1', language: 'hi', hash: words && noticeHash(words, 'hi') },
      decision: { recordId: id, decision: 'given', tookEffect: true, method: 'web_form', actor: 'test', occurredAt: '2026-11-21T09:30:00.000Z' },
      since: [], present: { decision: 'given', recordId: id }, supersedes: null,
    });
    expect(first.certificate.purpose.title).toBeTruthy();
    expect(first.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'consent.given']);
    expect(await certificate<ConsentCertificate | WithdrawalCertificate>(route)).toEqual(first);
  });

  it('AJU-16: keeps what was agreed to, when and how, beside what was decided since, and the ledger proves both', async () => {
    const subject = ada();
    const given = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], method: 'web_form' });
    const [{ id }] = given.body['records'] as [{ id: string }];
    const route = `/v1/consents/${id}/certificate`;
    const first = await certificate<ConsentCertificate>(route);
    expect(first.certificate.notice, 'no words were named').toBeNull();
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    const second = await certificate<ConsentCertificate>(route);
    expect(second.certificate).toMatchObject({
      supersedes: first.certificate.id, decision: { recordId: id }, since: [{ decision: 'withdrawn', tookEffect: true }], present: { decision: 'withdrawn' },
    });
    expect(second.ledger.map(({ record }) => record.kind).sort()).toEqual(['certificate.issued', 'consent.given', 'consent.withdrawn']);
    const page = await get(route, AUDITOR, { accept: 'text/html' });
    expect(page.body['text']).toContain('consent is withdrawn');
  });

  it('tells of a consent that ran out, and of one that was declared invalid', async () => {
    const subject = ada();
    const given = await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }], occurredAt: '2025-01-31T10:00:00Z' });
    const [{ id }] = given.body['records'] as [{ id: string }];
    await consent.service.service.app.get(ExpireConsents, { strict: false }).run();
    const over = await certificate<ConsentCertificate>(`/v1/consents/${id}/certificate`);
    expect(over.certificate).toMatchObject({
      decision: { decision: 'given', basis: 'consent', validUntil: '2026-02-28T10:00:00.000Z', domain: null }, since: [{ decision: 'expired', method: 'expiry', occurredAt: '2026-02-28T10:00:00.000Z', tookEffect: true }], present: { decision: 'expired' },
    });
    expect(over.ledger.map(({ record }) => record.kind).sort()).toEqual(['certificate.issued', 'consent.expired', 'consent.given']);

    const again = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    const [wrong] = again.body['records'] as [{ id: string }];
    await consent.service.call('POST', `/v1/consents/${wrong.id}/invalidate`, PLATFORM, { reason: 'wrong_notice' });
    const invalid = await certificate<ConsentCertificate>(`/v1/consents/${wrong.id}/certificate`);
    expect(invalid.certificate).toMatchObject({ since: [{ decision: 'invalidated' }], present: { decision: 'invalidated' } });
    const page = await get(`/v1/consents/${wrong.id}/certificate`, AUDITOR, { accept: 'text/html' });
    expect(page.body['text']).toContain('consent is invalid');
  });

  it('of a yes that came too late says that it changed nothing', async () => {
    const subject = ada();
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    const late = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T08:00:00Z' });
    const [{ id }] = late.body['records'] as [{ id: string }];
    const signed = await certificate<ConsentCertificate>(`/v1/consents/${id}/certificate`);
    expect(signed.certificate).toMatchObject({ decision: { tookEffect: false }, present: { decision: 'withdrawn' } });
    expect((await get('/v1/consents/check/certificate')).status).toBe(404);
    expect((await get(`/v1/consents/${id}/certificate`, { tenant: 'askasia', roles: ['auditor'] })).status).toBe(404);
  });
});
