import { requestMessageWanted } from '@heed/contracts-dsar';
import { newEvent, newSubjectRef, uuidv7 } from '@heed/kernel';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

let system: NotificationsUnderTest;
beforeAll(async () => {
  system = await startNotifications(['ajuni', 'auronx']);
});
afterAll(() => system.stop());

type Template = 'request_received' | 'request_closed' | 'request_refused' | 'request_extended';
interface Wanted {
  readonly messageId: string;
  readonly requestId: string;
  readonly ref: string;
  readonly template: Template;
  readonly params: Record<string, string>;
}

/** A message of dsar's to a person whose address consent knows. */
function wanted(address: string | undefined, template: Template = 'request_received', params: Record<string, string> = { type: 'erase' }): Wanted {
  const ref = newSubjectRef();
  if (address) system.consent.addresses.set(ref, address);
  return { messageId: uuidv7(system.clock.now()), requestId: uuidv7(system.clock.now()), ref, template, params };
}
async function publish(data: Wanted, tenant = 'ajuni'): Promise<void> {
  await system.bus.publish(newEvent(requestMessageWanted, { source: '/heed/dsar', tenant, key: data.ref, data, clock: system.clock }));
}
const message = async (id: string): Promise<Record<string, unknown>> => (await system.get('ajuni', `/v1/messages/${id}`)).body;
const told = (kind: string, id: string) => system.bus.seen(`heed.notifications.${kind}.v1`).filter((event) => event.data['messageId'] === id);

describe('a message about a request', () => {
  it('comes by real SMTP, from the tenant, with its data protection officer to write to', async () => {
    const one = wanted('ada@example.com', 'request_received', { type: 'erase', due: '2026-12-21T10:00:00Z', statusUrl: 'http://127.0.0.1:4100/r/token' });
    await publish(one);
    await eventually(() => expect(system.smtp.mailTo('ada@example.com')).toHaveLength(1));
    const [mail] = system.smtp.mailTo('ada@example.com');
    expect(mail?.messageId).toBe(`<${one.messageId}@ajuni.io>`);
    expect(mail?.from?.value).toEqual([{ name: 'Ajuni', address: 'privacy@ajuni.io' }]);
    expect(mail?.replyTo?.value[0]?.address).toBe('dpo@ajuni.io');
    expect(mail?.subject).toBe('We have your request (Ajuni)');
    for (const part of ['to erase your data', 'by 21 December 2026', one.requestId, 'http://127.0.0.1:4100/r/token', 'dpo@ajuni.io']) {
      expect(mail?.text).toContain(part);
      expect(mail?.html).toContain(part);
    }
    await eventually(() => expect(told('message_sent', one.messageId).map((event) => event.data)).toMatchObject([{ requestId: one.requestId, ref: one.ref }]));
  });

  it('is shown with what became of it, without an address, to its tenant alone', async () => {
    const one = wanted('grace@example.com');
    await publish(one);
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'sent', requestId: one.requestId, attempts: 1, maybeTwice: false }));
    const list = await system.get('ajuni', `/v1/messages?requestId=${one.requestId}`);
    expect(list.body['items']).toMatchObject([{ id: one.messageId }]);
    expect(JSON.stringify(list.body)).not.toContain('grace');
    expect((await system.get('auronx', `/v1/messages/${one.messageId}`)).status).toBe(404);
    const rows = await system.sql('ajuni', `SELECT * FROM {t}.message WHERE id = '${one.messageId}'`);
    expect(JSON.stringify(rows)).not.toContain('example.com');
  });

  it('keeps the way to the status page only until it has gone or has failed for good', async () => {
    const params = { type: 'erase', statusUrl: 'http://127.0.0.1:4100/r/secret-token' };
    const [busy, refused] = [wanted('busy-page@example.com', 'request_closed', params), wanted('no-page@example.com', 'request_closed', params)];
    const kept = async (id: string): Promise<unknown> => (await system.sql('ajuni', `SELECT state, params FROM {t}.message WHERE id = '${id}'`))[0];
    system.smtp.refuse('busy-page@example.com', 451);
    system.smtp.refuse('no-page@example.com', 550);
    await publish(busy);
    await publish(refused);
    await eventually(async () => expect(await kept(refused.messageId)).toEqual({ state: 'failed', params: {} }));
    await eventually(async () => expect(await message(busy.messageId)).toMatchObject({ state: 'queued', attempts: 1 }));
    expect(await kept(busy.messageId)).toEqual({ state: 'queued', params });
    system.smtp.refuse('busy-page@example.com', undefined);
    system.clock.advance({ seconds: 5 });
    await eventually(async () => expect(await kept(busy.messageId)).toEqual({ state: 'sent', params: {} }));
    expect(system.smtp.mailTo('busy-page@example.com')[0]?.text).toContain('secret-token');
  });

  it('comes once when it is wanted twice', async () => {
    const one = wanted('once@example.com');
    await publish(one);
    await publish(one);
    const last = wanted('last@example.com');
    await publish({ ...last, ref: one.ref }); // the same key, so it comes after both
    // Both may be under way at once, over two connections: their order is the server's.
    const both = [one, last].map(({ messageId }) => `<${messageId}@ajuni.io>`).sort();
    await eventually(() => expect(system.smtp.mailTo('once@example.com').map((mail) => mail.messageId).sort()).toEqual(both));
  });

  it('is tried again after a pause when the server is busy, and not before', async () => {
    system.smtp.refuse('busy@example.com', 451);
    const one = wanted('busy@example.com');
    await publish(one);
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'queued', reason: 'smtp_451', attempts: 1 }));
    system.smtp.refuse('busy@example.com', undefined);
    expect(await message(one.messageId)).toMatchObject({ nextAttemptAt: new Date(system.clock.now().getTime() + 5000).toISOString() });
    system.clock.advance({ seconds: 5 });
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'sent', attempts: 2, reason: null }));
    expect(system.smtp.mailTo('busy@example.com')).toHaveLength(1);
  });

  it('fails for good when the server refuses the address, and when nobody knows one', async () => {
    system.smtp.refuse('gone@example.com', 550);
    const refused = wanted('gone@example.com');
    const unknown = wanted(undefined);
    await publish(refused);
    await publish(unknown);
    await eventually(() => expect(told('message_failed', refused.messageId)[0]?.data).toMatchObject({ reason: 'smtp_550', requestId: refused.requestId }));
    await eventually(() => expect(told('message_failed', unknown.messageId)[0]?.data).toMatchObject({ reason: 'address_unknown' }));
  });

  it('waits while consent is away', async () => {
    system.consent.away = true;
    const one = wanted('later@example.com');
    await publish(one);
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'queued', reason: 'consent_unavailable' }));
    system.consent.away = false;
    system.clock.advance({ seconds: 5 });
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'sent' }));
  });

  it('that a dead process was sending is sent once more under the same Message-ID, and then never again', async () => {
    const one = wanted('twice@example.com');
    await publish(one);
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'sent' }));
    const dies = (): Promise<unknown> =>
      system.sql(
        'ajuni',
        `WITH left_over AS (UPDATE {t}.message SET state = 'sending', sent_at = NULL, next_at = '2026-11-21T10:00:00Z' WHERE id = '${one.messageId}')
         INSERT INTO heed.reminder (id, work, tenant, due_at) VALUES (gen_random_uuid(), 'mail', 'ajuni', '2026-11-21T10:00:00Z')`,
      );
    await dies();
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'sent', maybeTwice: true }));
    expect(system.smtp.mailTo('twice@example.com').map((mail) => mail.messageId)).toEqual(Array(2).fill(`<${one.messageId}@ajuni.io>`));
    await dies();
    await eventually(async () => expect(await message(one.messageId)).toMatchObject({ state: 'failed', reason: 'delivery_unknown', maybeTwice: true }));
    expect(system.smtp.mailTo('twice@example.com')).toHaveLength(2);
  });

  it('says why a request is refused, and where to complain', async () => {
    const one = wanted('no@example.com', 'request_refused', { type: 'access', reason: 'We cannot tell <whose> data it is.' });
    await publish(one);
    await eventually(() => expect(system.smtp.mailTo('no@example.com')).toHaveLength(1));
    const [mail] = system.smtp.mailTo('no@example.com');
    expect(mail?.text).toContain('We cannot tell <whose> data it is.');
    expect(mail?.html).toContain('&lt;whose&gt;');
    expect(mail?.text).toContain('complain to Data Protection Board of India');
  });
});
