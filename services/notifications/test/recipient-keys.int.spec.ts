import { policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { startNotifications } from './notifications-under-test.js';
import type { NotificationsUnderTest } from './notifications-under-test.js';

let system: NotificationsUnderTest;
let keys: pg.Client;

beforeAll(async () => {
  system = await startNotifications(['ajuni']);
  keys = new pg.Client({ connectionString: system.environment['HEED_KEYS_DATABASE_URL'] });
  await keys.connect();
});
afterAll(async () => {
  await keys.end();
  await system.stop();
});

const recipients = async (): Promise<readonly unknown[]> =>
  ((await system.get('ajuni', '/v1/notices/recipients')).body['items'] as { id: string; email: string; name: string }[]).map(({ id, email, name }) => [id, email, name]);
const save = (email: string): Promise<{ body: Record<string, unknown> }> =>
  system.post('ajuni', '/v1/notices/recipients', { audience: 'customer_admins', recipients: [{ email, name: 'Grace' }] });

it.each(['data', 'index'])('recipients are read and found when the %s keys change: none is added twice', async (level) => {
  await save('Grace@example.com');
  await save('second@example.com');
  const before = await recipients();
  expect(before).toHaveLength(2);
  system.clock.advance({ minutes: 2 });
  await keys.query(`INSERT INTO rotation (tenant, level, requested_at, reason) VALUES ('ajuni', $1, $2, 'asked')`, [level, system.clock.now()]);
  system.clock.advance({ minutes: 2 });
  await eventually(async () => expect((await keys.query('SELECT 1 FROM rotation WHERE level = $1 AND finished_at IS NOT NULL', [level])).rowCount).toBe(1), { timeoutMs: 20_000 });
  expect(await recipients()).toEqual(before);
  expect((await save('grace@example.com')).body).toMatchObject({ added: 0 });
  expect(await recipients()).toHaveLength(2);
});

it('AJU-56: a notice whose address came under a new key after it was read is tried again and reaches the customer admin', async () => {
  await save('rotated@example.com');
  const [row] = await system.sql('ajuni', "SELECT id, email FROM {t}.recipient ORDER BY added_at DESC, id DESC LIMIT 1");
  const [id, sealed] = [String(row?.['id']), row?.['email'] as Buffer];
  const put = (email: Buffer) => system.sql('ajuni', `UPDATE {t}.recipient SET email = '\\x${email.toString('hex')}' WHERE id = '${id}'`);
  const message = async () => (await system.sql('ajuni', `SELECT state, reason, attempts FROM {t}.message WHERE recipient_id = '${id}'`))[0];
  await put(Buffer.concat([sealed.subarray(0, 1), Buffer.alloc(16, 7), sealed.subarray(17)])); // what a claim read whose key is destroyed by now

  const pack = loadSamplePack('ajuni');
  const data = { noticeId: uuidv7(system.clock.now()), version: 2, hash: packHash(pack), effectiveFrom: '2026-12-25T00:00:00Z', changes: ['Contact details.'], pack: { ...pack } };
  await system.bus.publish(newEvent(policyAnnounced, { source: '/heed/subprocessor-registry', tenant: 'ajuni', key: 'ajuni', clock: system.clock, data }));
  await eventually(async () => expect(await message()).toMatchObject({ state: 'queued', reason: 'key_changed', attempts: 1 }));

  await put(sealed);
  system.clock.advance({ seconds: 5 });
  await eventually(async () => expect(await message()).toMatchObject({ state: 'sent', attempts: 2 }));
  expect(system.smtp.mailTo('rotated@example.com')).toHaveLength(1);
});
