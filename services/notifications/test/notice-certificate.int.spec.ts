import { verifyCertificate } from '@heed/certificate';
import type { NoticeCertificate, SignedCertificate } from '@heed/certificate';
import { policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

let system: NotificationsUnderTest;
beforeAll(async () => {
  system = await startNotifications(['ajuni', 'aurigen']);
});
afterAll(() => system.stop());

async function announce(tenant: SampleTenant, effectiveFrom: string): Promise<string> {
  const noticeId = uuidv7(system.clock.now());
  const pack = loadSamplePack(tenant);
  const data = { noticeId, version: 2, hash: packHash(pack), effectiveFrom, changes: ['Contact details: kept for 12 months.'], pack: { ...pack } };
  await system.bus.publish(newEvent(policyAnnounced, { source: '/heed/subprocessor-registry', tenant, key: tenant, clock: system.clock, data }));
  await eventually(async () => expect((await system.get(tenant, `/v1/notices/${noticeId}`)).status).toBe(200));
  return noticeId;
}

async function certificate(tenant: string, id: string): Promise<SignedCertificate & { certificate: NoticeCertificate }> {
  const answer = await eventually(async () => {
    const now = await system.get(tenant, `/v1/notices/${id}/certificate`);
    expect(now.status).toBe(200);
    return now;
  }, { timeoutMs: 20_000 });
  const key = String((await system.get(tenant, '/v1/ledger/notifications')).body['key']);
  expect(verifyCertificate(answer.body, { keys: [key] })).toMatchObject({ ok: true, trusted: true });
  return answer.body as unknown as SignedCertificate & { certificate: NoticeCertificate };
}

const tell = (...emails: readonly string[]) =>
  system.post('ajuni', '/v1/notices/recipients', { audience: 'customer_admins', recipients: emails.map((email) => ({ email })) });

describe('the certificate of a notice', () => {
  it('AJU-56: says who was told in numbers, when, and that it was 30 days or more before the change', async () => {
    const id = await announce('ajuni', '2026-12-26T00:00:00Z');
    const route = `/v1/notices/${id}/certificate`;
    expect(await system.get('ajuni', route)).toMatchObject({ status: 409, body: { code: 'notice_open' } });
    await tell('one@admins.example', 'two@admins.example');
    await eventually(async () => expect((await system.get('ajuni', `/v1/notices/${id}`)).body['state']).toBe('delivered'), { timeoutMs: 20_000 });
    const first = await certificate('ajuni', id);
    expect(first.certificate).toMatchObject({
      notice: { id, policyVersion: 2, changes: ['Contact details: kept for 12 months.'], channels: ['email'], audience: ['customer_admins'], effectiveFrom: '2026-12-26T00:00:00.000Z' },
      deliveries: { recipients: 2, delivered: 2, failed: 0, first: '2026-11-21T10:00:00.000Z', last: '2026-11-21T10:00:00.000Z' },
      promise: { id: 'AJU-56', leadTime: 'P30D', from: '2026-11-21T10:00:00.000Z', earliest: '2026-12-21T10:00:00.000Z', daysGiven: 34, outcome: 'kept' },
      supersedes: null,
    });
    expect(first.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'notice.delivered']);
    expect(JSON.stringify(first)).not.toContain('admins.example');
    expect(await certificate('ajuni', id)).toEqual(first);
  });

  it('AJU-56: is issued anew when somebody is told later, with the days that were left then', async () => {
    const [{ id }] = (await system.get('ajuni', '/v1/notices')).body['items'] as [{ id: string }];
    const first = await certificate('ajuni', id);
    system.clock.advance({ days: 5 });
    await tell('late@admins.example');
    await eventually(async () => expect((await system.get('ajuni', `/v1/notices/${id}`)).body).toMatchObject({ delivered: 3 }), { timeoutMs: 20_000 });
    const second = await certificate('ajuni', id);
    expect(second.certificate).toMatchObject({
      supersedes: first.certificate.id, deliveries: { recipients: 3, delivered: 3, first: '2026-11-21T10:00:00.000Z', last: '2026-11-26T10:00:00.000Z' },
      promise: { from: '2026-11-26T10:00:00.000Z', earliest: '2026-12-26T10:00:00.000Z', daysGiven: 29, outcome: 'missed' },
    });
    expect(second.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'notice.delivered', 'notice.delivered']);
  });

  it('AUR-33: says when it stood on the page', async () => {
    const id = await announce('aurigen', '2027-01-01T00:00:00Z');
    const signed = await certificate('aurigen', id);
    expect(signed.certificate).toMatchObject({
      deliveries: { recipients: 0, first: null }, notice: { channels: ['page'], publishedAt: '2026-11-26T10:00:00.000Z' }, promise: { id: 'AUR-33', leadTime: null, outcome: 'kept' },
    });
    expect(signed.ledger.map(({ record }) => record.kind)).toEqual(['certificate.issued', 'notice.published']);
    expect((await system.get('ajuni', `/v1/notices/${id}/certificate`)).status).toBe(404);
    expect((await system.get('ajuni', `/v1/notices/${randomUUID()}/certificate`)).status).toBe(404);
  });
});
