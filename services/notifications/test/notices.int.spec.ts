import { policyActivated, policyAnnounced, policyPostponed } from '@heed/contracts-subprocessor-registry';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

let system: NotificationsUnderTest;
beforeAll(async () => {
  system = await startNotifications(['ajuni', 'aurigen', 'askasia', 'ahurasense', 'auronx']);
});
afterAll(() => system.stop());

const EFFECTIVE = '2026-12-25T00:00:00Z';
const from = (tenant: string) => ({ source: '/heed/subprocessor-registry', tenant, key: tenant, clock: system.clock });

async function announce(tenant: SampleTenant): Promise<string> {
  const noticeId = uuidv7(system.clock.now());
  const pack = loadSamplePack(tenant);
  const changes = ['Contact details: kept for 12 months instead of 24 months.'];
  const data = { noticeId, version: 2, hash: packHash(pack), effectiveFrom: EFFECTIVE, changes, pack: { ...pack } };
  await system.bus.publish(newEvent(policyAnnounced, { ...from(tenant), data }));
  await eventually(async () => expect((await system.get(tenant, `/v1/notices/${noticeId}`)).status).toBe(200));
  return noticeId;
}
const notice = async (tenant: string, id: string): Promise<Record<string, unknown>> => (await system.get(tenant, `/v1/notices/${id}`)).body;
const delivered = (id: string) => system.bus.seen('heed.notifications.notice_delivered.v1').filter((event) => event.data['noticeId'] === id).map((event) => event.data);
const published = (id: string) => system.bus.seen('heed.notifications.notice_published.v1').filter((event) => event.data['noticeId'] === id);
const tell = (tenant: string, audience: string, ...emails: readonly string[]) =>
  system.post(tenant, '/v1/notices/recipients', { audience, recipients: emails.map((email) => ({ email })) });

describe('a notice of a changed policy', () => {
  it('AJU-56: goes by mail to every customer admin, and its delivery is recorded for each', async () => {
    const id = await announce('ajuni');
    expect(await notice('ajuni', id)).toMatchObject({ state: 'waiting_for_recipients', promise: 'AJU-56', channels: ['email'], audience: ['customer_admins'] });

    system.smtp.refuse('two@admins.example', 451);
    await tell('ajuni', 'customer_admins', 'one@admins.example', 'two@admins.example');
    await eventually(() => expect(delivered(id)).toMatchObject([{ policyVersion: 2, recipients: 2, delivered: 1, deliveredAt: system.clock.now().toISOString() }]));
    expect(await notice('ajuni', id)).toMatchObject({ state: 'sending', recipients: 2, delivered: 1 });
    const [mail] = system.smtp.mailTo('one@admins.example');
    expect(mail?.subject).toBe('Ajuni: our privacy policy changes on 25 December 2026');
    for (const part of ['Contact details: kept for 12 months instead of 24 months.', '25 December 2026', 'dpo@ajuni.io']) expect(mail?.text).toContain(part);
    expect(mail?.text, 'a link that asks for a token helps nobody').not.toContain('http');

    system.smtp.refuse('two@admins.example', undefined);
    system.clock.advance({ seconds: 5 });
    await eventually(() => expect(delivered(id)).toHaveLength(2));
    expect(delivered(id)[1]).toMatchObject({ recipients: 2, delivered: 2, deliveredAt: system.clock.now().toISOString() });
    expect(await notice('ajuni', id)).toMatchObject({ state: 'delivered', recipientStates: [{ state: 'delivered' }, { state: 'delivered' }] });
  });

  it('AJU-56: reaches an admin who comes while it runs, and the new count is told before', async () => {
    const [{ id }] = (await system.get('ajuni', '/v1/notices')).body['items'] as [{ id: string }];
    await system.bus.publish(newEvent(policyPostponed, { ...from('ajuni'), data: { version: 2, effectiveFrom: '2027-01-08T00:00:00Z', promise: 'AJU-56' } }));
    await eventually(async () => expect(await notice('ajuni', id)).toMatchObject({ effectiveFrom: '2027-01-08T00:00:00.000Z' }));
    system.smtp.refuse('three@admins.example', 550);
    const saved = await tell('ajuni', 'customer_admins', 'three@admins.example');
    await eventually(() => expect(delivered(id).at(-1)).toMatchObject({ recipients: 3, delivered: 2 }));
    await eventually(async () => expect(await notice('ajuni', id)).toMatchObject({ state: 'incomplete', failed: 1 }));

    const [{ id: recipientId }] = saved.body['recipients'] as [{ id: string }];
    await system.post('ajuni', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ id: recipientId, email: 'third@admins.example' }] });
    await eventually(() => expect(delivered(id).at(-1)).toMatchObject({ recipientId, recipients: 3, delivered: 3 }));
    expect(system.smtp.mailTo('third@admins.example')[0]?.subject).toContain('8 January 2027');
  });

  it('ASK-23: goes to partners by mail and stands in their console', async () => {
    await tell('askasia', 'partners', 'partner@askasia.example');
    const id = await announce('askasia');
    await eventually(() => expect(published(id)).toHaveLength(1));
    await eventually(() => expect(delivered(id)).toMatchObject([{ recipients: 1, delivered: 1 }]));
    expect(await notice('askasia', id)).toMatchObject({ promise: 'ASK-23', channels: ['email', 'console'], audience: ['partners'] });
    expect(system.smtp.mailTo('partner@askasia.example')[0]?.from?.value[0]?.address).toBe('info@askasia.in');
  });

  it('AUX-16: goes to registered users by mail, and is published nowhere else', async () => {
    await tell('auronx', 'registered_users', 'user@auronx.example');
    await tell('auronx', 'customer_admins', 'admin@auronx.example');
    const id = await announce('auronx');
    await eventually(() => expect(delivered(id)).toMatchObject([{ recipients: 1, delivered: 1 }]));
    expect(await notice('auronx', id)).toMatchObject({ state: 'delivered', promise: 'AUX-16', publishedAt: null });
    expect(system.smtp.mailTo('admin@auronx.example')).toEqual([]);
    expect(published(id)).toEqual([]);
  });

  it.each([
    ['AUR-33', 'aurigen'],
    ['AHU-11', 'ahurasense'],
  ] as const)('%s: is indicated on the page, and nobody needs to be written to', async (promise, tenant) => {
    const id = await announce(tenant);
    await eventually(() => expect(published(id)[0]?.data).toMatchObject({ policyVersion: 2 }));
    expect(await notice(tenant, id)).toMatchObject({ state: 'published', promise, channels: ['page'], recipients: 0, effectiveFrom: '2026-12-25T00:00:00.000Z' });
  });

  it('is sent to nobody new once the version is in effect', async () => {
    const pack = loadSamplePack('auronx');
    const data = { version: 2, hash: packHash(pack), effectiveFrom: EFFECTIVE, pack: { ...pack } };
    await system.bus.publish(newEvent(policyActivated, { ...from('auronx'), data }));
    await eventually(async () => expect(((await system.get('auronx', '/v1/notices')).body['items'] as { endedAt: unknown }[])[0]?.endedAt).not.toBeNull());
    await tell('auronx', 'registered_users', 'late@auronx.example');
    const items = (await system.get('auronx', '/v1/messages')).body['items'];
    expect(items).toHaveLength(1);
  });
});

describe('recipients', () => {
  it('are kept encrypted, shown masked, and the same call again adds nobody', async () => {
    const first = await tell('aurigen', 'partners', 'Katherine@partners.example');
    expect(first).toMatchObject({ status: 200, body: { added: 1, recipients: [{ email: 'K…@partners.example' }] } });
    expect(await tell('aurigen', 'partners', 'katherine@partners.example')).toMatchObject({ status: 200, body: { added: 0 } });
    const list = await system.get('aurigen', '/v1/notices/recipients');
    expect(list.body['items']).toMatchObject([{ audience: 'partners', email: 'k…@partners.example' }]);
    const [row] = await system.sql('aurigen', `SELECT encode(email, 'escape') AS email, encode(email_index, 'escape') AS index FROM {t}.recipient`);
    expect(JSON.stringify(row).toLowerCase()).not.toContain('katherine');
  });

  it('are erased: address, name and key go, what they have stays under their id, and a notice waits for them no longer', async () => {
    const saved = await system.post('ajuni', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ email: 'fourth@admins.example', name: 'Dorothy' }] });
    const [{ id }] = saved.body['recipients'] as [{ id: string }];
    await eventually(() => expect(system.smtp.mailTo('fourth@admins.example')).toHaveLength(1));
    system.smtp.refuse('fifth@admins.example', 451);
    const [{ id: waiting }] = (await tell('ajuni', 'customer_admins', 'fifth@admins.example')).body['recipients'] as [{ id: string }];
    const [{ id: notified }] = (await system.get('ajuni', '/v1/notices')).body['items'] as [{ id: string }];
    await eventually(async () => expect(await notice('ajuni', notified)).toMatchObject({ state: 'sending', recipients: 5, delivered: 4 }));
    const [key] = await system.sql('ajuni', `SELECT encode(substring(email FROM 2 FOR 16), 'hex')::uuid AS id FROM {t}.recipient WHERE id = '${id}'`);
    await eventually(async () => expect(await system.sql('ajuni', `SELECT state FROM {t}.message WHERE recipient_id = '${waiting}'`)).toEqual([{ state: 'queued' }]));

    expect(await system.post('ajuni', `/v1/notices/recipients/${id}/erase`, undefined)).toEqual({ status: 200, body: { id, unsent: 0 } });
    expect(await system.post('ajuni', `/v1/notices/recipients/${waiting}/erase`, undefined)).toEqual({ status: 200, body: { id: waiting, unsent: 1 } });
    expect(await system.post('ajuni', `/v1/notices/recipients/${id}/erase`, undefined)).toMatchObject({ status: 404, body: { code: 'not_found' } });

    const after = await notice('ajuni', notified);
    expect(after).toMatchObject({ state: 'delivered', recipients: 4, delivered: 4, failed: 0 });
    expect(after['recipientStates']).toContainEqual(expect.objectContaining({ id, state: 'delivered', reason: null }));
    expect(after['recipientStates']).toContainEqual(expect.objectContaining({ id: waiting, state: 'failed', reason: 'recipient_erased' }));
    expect(JSON.stringify((await system.get('ajuni', '/v1/notices/recipients')).body)).not.toMatch(new RegExp(`${id}|${waiting}`));
    await eventually(async () => expect(await system.sql('ajuni', `SELECT reason FROM {t}.key_shred WHERE key_id = '${String(key?.['id'])}' AND done_at IS NOT NULL`)).toEqual([{ reason: 'recipient_erased' }]));
    expect(await system.sql('ajuni', `SELECT data FROM {t}.ledger_entry WHERE kind = 'recipient.erased' AND data->>'id' = '${id}'`)).toEqual([{ data: { id, audience: 'customer_admins' } }]);
  });

  it('of another audience, or with an address that is taken, are a conflict', async () => {
    const [{ id }] = (await system.get('aurigen', '/v1/notices/recipients')).body['items'] as [{ id: string }];
    const move = { audience: 'customer_admins', recipients: [{ id, email: 'x@partners.example' }] };
    expect(await system.post('aurigen', '/v1/notices/recipients', move)).toMatchObject({ status: 409, body: { code: 'recipient_of_another_audience' } });
    const taken = { audience: 'partners', recipients: [{ id: uuidv7(), email: 'katherine@partners.example' }] };
    expect(await system.post('aurigen', '/v1/notices/recipients', taken)).toMatchObject({ status: 409, body: { code: 'recipient_address_taken' } });
    expect((await tell('aurigen', 'partners', 'no address')).body).toMatchObject({ status: 400, errors: [{ pointer: '/recipients/0/email' }] });
  });
});
