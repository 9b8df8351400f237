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
