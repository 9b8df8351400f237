import { requestMessageWanted } from '@heed/contracts-dsar';
import { newEvent, newSubjectRef, uuidv7 } from '@heed/kernel';
import { eventually, VirtualClock } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { prepareNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

const main = path.join(import.meta.dirname, '../dist/main.js');
const ADDRESS = 'ada@example.com';

let system: NotificationsUnderTest;
afterEach(() => system.stop());

/** Runs the service as a process of its own until the failpoint kills it. */
async function dieAt(failpoint: string): Promise<void> {
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...system.environment, HEED_FAILPOINT: failpoint }, stdio: 'ignore' });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

describe('a message whose process was killed', () => {
  it.each([
    ['notifications.claimed', 1],
    ['notifications.sent', 2],
  ])('at %s reaches the person, %i time(s) under one Message-ID', async (failpoint, mails) => {
    system = await prepareNotifications(['ajuni'], new VirtualClock(new Date()));
    const ref = newSubjectRef();
    system.consent.addresses.set(ref, ADDRESS);
    const messageId = uuidv7();
    const data = { messageId, requestId: uuidv7(), ref, template: 'request_received' as const, params: { type: 'access' } };
    await system.bus.publish(newEvent(requestMessageWanted, { source: '/heed/dsar', tenant: 'ajuni', key: ref, data, clock: system.clock }));
    await dieAt(failpoint);
    expect(system.smtp.mailTo(ADDRESS)).toHaveLength(mails - 1);

    system.clock.set(new Date(Date.now() + 11 * 60_000)); // another instance takes over after the lease
    await system.start();
    await eventually(async () => {
      const { body } = await system.get('ajuni', `/v1/messages/${messageId}`);
      expect(body).toMatchObject({ state: 'sent', maybeTwice: true, attempts: 2 });
    });
    expect(system.smtp.mailTo(ADDRESS).map((mail) => mail.messageId)).toEqual(Array(mails).fill(`<${messageId}@ajuni.io>`));
    await eventually(() => expect(system.bus.seen('heed.notifications.message_sent.v1').map((event) => event.data['messageId'])).toEqual([messageId]));
  });
});
