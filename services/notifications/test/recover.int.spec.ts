import { requestMessageWanted } from '@heed/contracts-dsar';
import { policyActivated, policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { newEvent, newSubjectRef, uuidv7 } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import { recoverService } from '@heed/runtime';
import { DatabaseCopies, eventProbe, eventually, everythingTold, ServiceBed, VirtualClock } from '@heed/testing';
import type { EventProbe, StartedService } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { notificationsMigrations, notificationsRecovery, notificationsService } from '../src/index.js';
import { startConsentPeer } from './consent-peer.js';
import type { ConsentPeer } from './consent-peer.js';
import { startSmtpPeer } from './smtp-peer.js';
import type { SmtpPeer } from './smtp-peer.js';

const LONG = { timeoutMs: 40_000 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const clock = new VirtualClock('2026-11-21T10:00:00Z');
const from = { source: '/heed/subprocessor-registry', tenant: 'ajuni', key: 'ajuni', clock };
const pack = loadSamplePack('ajuni');
let bed: ServiceBed;
let notifications: StartedService;
let consent: ConsentPeer;
let smtp: SmtpPeer;
let bus: EventProbe;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }] });
  [consent, smtp] = await Promise.all([startConsentPeer(), startSmtpPeer()]);
  bus = await eventProbe(bed.topicPrefix, ['heed.notifications.events.v1']);
  await bus.publish(newEvent(policyActivated, { ...from, data: { version: 1, hash: packHash(pack), effectiveFrom: clock.now().toISOString(), pack: { ...pack } } }));
  notifications = await bed.start(notificationsService, notificationsMigrations, { HEED_CONSENT_URL: consent.url, SMTP_URL: smtp.url, HEED_SEND_EVERY_MS: '30' });
  await eventually(async () => expect(await notifications.sql('SELECT 1 FROM t_ajuni.policy_version')).toHaveLength(1), LONG);
});
afterAll(async () => {
  await bus.stop();
  await bed.stop();
  await Promise.all([smtp.stop(), consent.stop()]);
});

const restart = async (meanwhile: () => Promise<void>): Promise<void> => void (notifications = await bed.restart(notificationsService, notifications, meanwhile));
const ready = (): Promise<unknown> => eventually(async () => expect((await fetch(`${notifications.url}/readyz`)).status).toBe(200), LONG);
const call = async (method: 'GET' | 'POST', route: string, body?: unknown) => notifications.call(method, route, { tenant: 'ajuni', roles: ['tenant-admin'] }, body);

async function write(address: string): Promise<string> {
  const ref = newSubjectRef();
  consent.addresses.set(ref, address);
  const data = { messageId: uuidv7(), requestId: uuidv7(), ref, template: 'request_received' as const, params: { type: 'erase' } };
  await bus.publish(newEvent(requestMessageWanted, { source: '/heed/dsar', tenant: 'ajuni', key: ref, data, clock }));
  return data.messageId;
}
const has = (address: string, mails: number): Promise<unknown> => eventually(() => expect(smtp.mailTo(address)).toHaveLength(mails), LONG);

describe('notifications, whose database was put back from an older copy', () => {
  it('writes to nobody twice, knows what people have, and says whose address is gone', async () => {
    await call('POST', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ email: 'one@admins.example' }] });
    await write('early@example.com');
    await has('early@example.com', 1);
    await everythingTold(notifications, ['ajuni']);
    const copies = new DatabaseCopies(notifications.databaseUrl);
    let older = '';
    await restart(async () => void (older = await copies.take()));
    await ready();

    const late = await write('late@example.com');
    await has('late@example.com', 1);
    const noticeId = uuidv7();
    const announced = { noticeId, version: 2, hash: packHash(pack), effectiveFrom: '2026-12-25T00:00:00Z', changes: ['Contact details: kept for 12 months.'], pack: { ...pack } };
    await bus.publish(newEvent(policyAnnounced, { ...from, data: announced }));
    await has('one@admins.example', 1);
    await call('POST', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ email: 'two@admins.example' }] });
    await has('two@admins.example', 1);
    await everythingTold(notifications, ['ajuni']);
    await restart(() => copies.putBack(older));
    expect(await call('GET', `/v1/messages/${late}`)).toMatchObject({ status: 503, body: { code: 'ledger_behind' } });

    const report = await recoverService(notificationsService, notificationsRecovery, notifications.environment);
    expect(report.tenants).toMatchObject([
      { applied: { messages: 1, notices_delivered: 1 }, missing: { recipients: 1, notices_to_recipients_who_are_not_known: 1 } },
    ]);
    await ready();
    expect((await call('GET', `/v1/messages/${late}`)).body).toMatchObject({ state: 'sent' });
    expect((await call('GET', `/v1/notices/${noticeId}`)).body).toMatchObject({ recipients: 1, delivered: 1 });
    await write('later@example.com');
    await has('later@example.com', 1);
    for (const address of ['early@example.com', 'late@example.com', 'one@admins.example', 'two@admins.example']) expect(smtp.mailTo(address)).toHaveLength(1);
    expect(await recoverService(notificationsService, notificationsRecovery, notifications.environment)).toMatchObject({ tenants: [] });
  });
});
