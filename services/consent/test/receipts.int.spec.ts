import { verifyCertificate } from '@heed/certificate';
import type { ConsentReceipt, ReceiptCertificate, SignedCertificate } from '@heed/certificate';
import { consentNoticeOf, loadSamplePack, noticeHash } from '@heed/policy';
import { eventually } from '@heed/testing';
import type { Answer } from '@heed/testing';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';
import { schemaFaults, shapeFaults } from './receipt-shape.js';

vi.setConfig({ testTimeout: 120_000 });
const DPO = { tenant: 'ajuni', roles: ['dpo'] };
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let consent: ConsentUnderTest;
beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

const get = (route: string, headers: Record<string, string> = {}, who = DPO): Promise<Answer> => consent.service.call('GET', route, who, undefined, headers);

interface Given {
  readonly ref: string;
  readonly id: string;
}
async function give(subject: object, over: object = {}): Promise<Given> {
  const { body } = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], method: 'web_form', ...over });
  return { ref: String(body['ref']), id: (body['records'] as [{ id: string }])[0].id };
}

async function receiptOf({ ref, id }: Given, accept?: string): Promise<SignedCertificate<ReceiptCertificate>> {
  const answer = await eventually(async () => {
    const now = await get(`/v1/subjects/${ref}/receipts/${id}`, accept ? { accept } : {});
    expect(now.status).toBe(200);
    return now;
  }, { timeoutMs: 20_000 });
  return answer.body as unknown as SignedCertificate<ReceiptCertificate>;
}

const vkey = async (): Promise<string> => String((await get('/v1/ledger/consent', {}, { tenant: 'ajuni', roles: ['auditor'] })).body['key']);

describe('the receipt of a decision', () => {
  it('AJU-16: shows what was agreed to, when and how, and the proof that the ledger holds it verifies', async () => {
    const subject = ada();
    const given = await give(subject, { notice: { id: 'signup', version: '1', language: 'hi' }, occurredAt: '2026-11-21T09:30:00Z', jurisdiction: 'IN' });
    const signed = await receiptOf(given);
    const { record } = signed.certificate.receipt;
    const pack = loadSamplePack('ajuni');
    const words = consentNoticeOf(pack, 'signup', '1');
    expect(schemaFaults(signed.certificate.receipt)).toBe('');
    expect(record).toMatchObject({
      pii_principal_id: given.ref, register: { record_id: given.id, history_complete: true, present_state: 'given' },
      processing: {
        privacy_notice: { id: 'signup', version: '1', language: 'hi', hash: words && noticeHash(words, 'hi') }, language: 'hi', collection_method: 'web_form',
        purpose: { id: 'marketing_email', title: 'Marketing emails' }, lawful_basis: { basis: 'consent', reference: 'DPDP 6' }, jurisdiction: 'IN',
        storage_locations: [{ location: 'IN' }, { location: 'EU' }], retention_period: [{ pii_type: 'contact', duration: 'P24M', counted_from: 'last_interaction' }],
        withdrawal_method: expect.arrayContaining(['unsubscribe_link', 'cookie_preferences', 'email']) as string[],
        recipient_third_parties: ['urn:heed:party:ajuni:vendor:mail_processor'],
      },
      event: [
        {
          event_time: '2026-11-21T09:30:00.000Z', event_state: 'given', event_type: 'expressed', entity_id: given.ref, validity_duration: 'P24M',
          register: { actor: 'test', method: 'web_form', recorded_at: '2026-11-21T10:00:00.000Z', valid_until: '2028-11-21T09:30:00.000Z', took_effect: true },
        },
      ],
    });
    const controller = record.party.find(({ party_role: role }) => role === 'controller');
    expect(controller).toMatchObject({ party_name: 'Webority Technologies Pvt. Ltd.', party_address: pack.tenant.address?.value, party_contact: 'privacy@ajuni.io' });
    expect(record.party.find(({ party_role: role }) => role === 'authority')?.party_name).toBe('Data Protection Board of India');
    expect(record.record_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
    expect(verifyCertificate(signed, { keys: [await vkey()] })).toMatchObject({ ok: true, trusted: true, kind: 'receipt' });
    expect(signed.ledger.map(({ record: entry }) => entry.kind)).toEqual(['certificate.issued', 'consent.given']);
    expect(JSON.stringify(signed)).not.toContain(subject.identifiers[0]?.value);
    expect(await receiptOf(given), 'asked again, nothing is issued anew').toEqual(signed);
  });

  it('AJU-14: names the words that were shown at the point of collection, and says so where none were', async () => {
    const given = await give(ada(), { notice: { id: 'signup', version: '1', language: 'en' } });
    const words = consentNoticeOf(loadSamplePack('ajuni'), 'signup', '1');
    expect((await receiptOf(given)).certificate.receipt.record.processing).toMatchObject({ language: 'en', privacy_notice: { version: '1', hash: words && noticeHash(words, 'en') } });
    const silent = await receiptOf(await give(ada()));
    expect(silent.certificate.receipt.record.processing).toMatchObject({ language: 'not_stated', privacy_notice: 'not_stated' });
    expect(schemaFaults(silent.certificate.receipt)).toBe('');
  });

  it('has the whole history of the purpose, and none of another purpose', async () => {
    const subject = ada();
    const given = await give(subject);
    await give(subject);
    await consent.withdraw({ subject, purposes: ['marketing_email'], channel: 'unsubscribe_link' });
    await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'refused' }] });
    await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T08:00:00Z' });
    const signed = await receiptOf(given);
    const { record } = signed.certificate.receipt;
    expect(record.event.map(({ event_state: state, register }) => [state, register.took_effect, register.method])).toEqual([
      ['given', false, 'api'], ['withdrawn', true, 'unsubscribe_link'], ['renewed_given', true, 'web_form'], ['given', true, 'web_form'],
    ]);
    expect(record.register).toMatchObject({ present_state: 'withdrawn', history_complete: true });
    expect(verifyCertificate(signed, { keys: [await vkey()] }).ok).toBe(true);
    expect(signed.ledger.map(({ record: entry }) => entry.kind).sort()).toEqual(['certificate.issued', 'consent.given', 'consent.given', 'consent.withdrawn']);
    expect(schemaFaults(signed.certificate.receipt)).toBe('');
  });

  it('comes as linked data and as a page too, and either can be checked offline by the command and by the second implementation', async () => {
    const given = await give(ada());
    const linked = await get(`/v1/subjects/${given.ref}/receipts/${given.id}`, { accept: 'application/ld+json' });
    await receiptOf(given, 'application/ld+json');
    expect(linked.headers.get('content-type')).toContain('application/ld+json');
    expect(linked.body).toMatchObject({ '@context': { dpv: 'https://w3id.org/dpv#' }, certificate: { receipt: { schema_version: 'https://w3id.org/dpv/schema/dpv-27560' } } });
    expect(await shapeFaults(linked.body)).toEqual([]);
    const page = await get(`/v1/subjects/${given.ref}/receipts/${given.id}`, { accept: 'text/html' });
    expect(page.body['text']).toContain('Receipt of a consent decision');

    const folder = mkdtempSync(path.join(tmpdir(), 'heed-receipt-'));
    try {
      const [file, key] = [path.join(folder, 'receipt.jsonld'), path.join(folder, 'key')];
      writeFileSync(file, JSON.stringify(linked.body));
      writeFileSync(key, `${await vkey()}\n`);
      const command = spawnSync(process.execPath, [path.join(ROOT, 'libs/cli/dist/main.js'), 'certificate', 'verify', file, '--key', key, '--json'], { encoding: 'utf8' });
      expect(JSON.parse(command.stdout)).toMatchObject({ ok: true, trusted: true, kind: 'receipt' });
      const second = spawnSync('python3', [path.join(ROOT, 'infra/ledger-check/certificate.py'), file, '--key', key, '--json'], { encoding: 'utf8' });
      expect(JSON.parse(second.stdout)).toEqual({ verified: true, faults: [] });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('of another person, another tenant, or of nothing is not there', async () => {
    const [given, other] = [await give(ada()), await give(ada())];
    const status = async (route: string, who = DPO): Promise<number> => (await get(route, {}, who)).status;
    expect(await status(`/v1/subjects/${other.ref}/receipts/${given.id}`)).toBe(404);
    expect(await status(`/v1/subjects/${given.ref}/receipts/${given.id}`, { tenant: 'askasia', roles: ['dpo'] })).toBe(404);
    expect(await status(`/v1/subjects/${given.ref}/receipts/nothing`)).toBe(404);
    expect(await status(`/v1/subjects/sub_${'0'.repeat(32)}/receipts`)).toBe(404);
    expect(await status(`/v1/subjects/${given.ref}/receipts`, { tenant: 'askasia', roles: ['dpo'] })).toBe(404);
    expect(await status(`/v1/subjects/${given.ref}/register`, { tenant: 'askasia', roles: ['dpo'] })).toBe(404);
    expect(await status(`/v1/subjects/${given.ref}/register`, { tenant: 'ajuni', roles: ['operator'] })).toBe(403);
  });
});

describe('what a person is given of the register', () => {
  it('are receipts by page, newest first, each of which holds against the published schema', async () => {
    const subject = ada();
    const { ref } = await give(subject);
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'refused' }, { purpose: 'sale', decision: 'refused' }] });
    const seen: ConsentReceipt[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const { body } = await get(`/v1/subjects/${ref}/receipts?limit=3${cursor ? `&cursor=${String(cursor)}` : ''}`);
      seen.push(...(body['items'] as ConsentReceipt[]));
      cursor = body['nextCursor'];
    }
    expect(seen.map(({ record }) => `${record.processing.purpose.id} ${record.event[0]?.event_state ?? ''}`).sort()).toEqual([
      'analytics refused', 'marketing_email given', 'marketing_email withdrawn', 'sale refused',
    ]);
    for (const receipt of seen) expect(schemaFaults(receipt)).toBe('');
    expect(new Set(seen.map(({ receipt_id: id }) => id)).size).toBe(4);
  });

  it('of somebody who was known under two refs is all of it under either, and each receipt stands under the ref of its decision', async () => {
    const [one, other] = [await give(ada()), await give(ada(), { decisions: [{ purpose: 'analytics', decision: 'given' }] })];
    consent.clock.advance({ seconds: 1 });
    const merged = await consent.service.call('POST', `/v1/subjects/${one.ref}/merge`, PLATFORM, { other: other.ref });
    expect(merged.status).toBe(200);
    const refs = [one.ref, other.ref];
    for (const ref of refs) {
      const items = (await get(`/v1/subjects/${ref}/receipts`)).body['items'] as ConsentReceipt[];
      const ids = items.map(({ record }) => record.register.record_id);
      expect(ids).toEqual(expect.arrayContaining([one.id, other.id]));
      for (const receipt of items) expect(schemaFaults(receipt)).toBe('');
      const lines = String((await get(`/v1/subjects/${ref}/register`)).body['text']).trimEnd().split('\n');
      expect(lines).toHaveLength(ids.length + 1);
      for (const given of [one, other]) {
        const signed = await receiptOf({ ref, id: given.id });
        expect(signed.certificate.receipt.record.pii_principal_id).toBe(given.ref);
        expect(verifyCertificate(signed, { keys: [await vkey()] }).ok).toBe(true);
      }
    }
  });

  it('AJU-11: is the whole register on request, a record a line, with an end that says how many there were', async () => {
    const subject = ada();
    const { ref } = await give(subject, { notice: { id: 'signup', version: '1', language: 'en' } });
    consent.clock.advance({ seconds: 1 });
    await consent.withdraw({ subject, purposes: ['marketing_email'], channel: 'email' });
    const answer = await get(`/v1/subjects/${ref}/register`);
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = String(answer.body['text']).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    expect(lines).toMatchObject([
      { record: { ref, purpose: 'marketing_email', state: 'given', method: 'web_form', actor: 'test', notice: { id: 'signup', version: '1', language: 'en' } } },
      { record: { ref, purpose: 'marketing_email', state: 'withdrawn', method: 'email', recordedAt: consent.clock.now().toISOString() } },
      { end: { ref, records: 2 } },
    ]);
  });
});
