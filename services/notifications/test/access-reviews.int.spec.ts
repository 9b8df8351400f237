import { accessReviewOverdue } from '@heed/contracts-access';
import { newEvent, uuidv7 } from '@heed/kernel';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

let system: NotificationsUnderTest;
beforeAll(async () => {
  system = await startNotifications(['ajuni', 'aurigen']);
});
afterAll(() => system.stop());

async function overdue(tenant: string, reviewId: string, promise: string): Promise<void> {
  const data = { reviewId, openedAt: '2026-11-07T10:00:00Z', dueAt: '2026-11-21T10:00:00Z', entries: 12, undecided: 2, promise };
  await system.bus.publish(newEvent(accessReviewOverdue, { source: '/heed/subprocessor-registry', tenant, key: tenant, data, clock: system.clock }));
}

describe('an overdue review of access', () => {
  it('AJU-50: is told to every administrator by mail, once', async () => {
    const emails = ['one@admins.example', 'two@admins.example'];
    await system.post('ajuni', '/v1/notices/recipients', { audience: 'customer_admins', recipients: emails.map((email) => ({ email })) });
    const reviewId = uuidv7(system.clock.now());
    await overdue('ajuni', reviewId, 'AJU-50');
    await overdue('ajuni', reviewId, 'AJU-50');
    for (const email of emails) await eventually(() => expect(system.smtp.mailTo(email)).toHaveLength(1));
    const [mail] = system.smtp.mailTo('one@admins.example');
    expect(mail?.subject).toBe('Ajuni: the review of who may do what is overdue');
    for (const part of ['21 November 2026', '2 of 12 entries', reviewId]) expect(mail?.text).toContain(part);
    await eventually(async () => {
      const { body } = await system.get('ajuni', '/v1/messages');
      expect(body['items']).toMatchObject([{ kind: 'reminder', template: 'access_review_overdue', state: 'sent' }, { kind: 'reminder', state: 'sent' }]);
    });
  });

  it('holds up nothing where the tenant has named no administrators', async () => {
    await overdue('aurigen', uuidv7(system.clock.now()), 'AUR-19');
    await system.post('aurigen', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ email: 'late@admins.example' }] });
    await overdue('aurigen', uuidv7(system.clock.now()), 'AUR-19');
    await eventually(() => expect(system.smtp.mailTo('late@admins.example').length).toBeGreaterThan(0));
  });
});
