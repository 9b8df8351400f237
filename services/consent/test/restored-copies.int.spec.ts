import { erasureCompleted } from '@heed/contracts-dsar';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, systemClock, uuidv7 } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { eventually } from '@heed/testing';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWithAnyKey } from './any-tool.js';
import type { SealedRow } from './any-tool.js';
import { TwoServers } from './two-servers.js';

const LONG = { timeoutMs: 60_000 };
const EMAIL = `ada.${randomUUID()}@example.com`;
const PHONE = `+9198${String(Math.floor(10_000_000 + Math.random() * 89_999_999))}`;
const subject = { identifiers: [{ type: 'email', value: EMAIL }, { type: 'phone', value: PHONE }] };

let two: TwoServers;
let ref: string;
let rows: readonly SealedRow[];

const serving = (): Promise<void> => eventually(async () => expect((await two.call('GET', '/readyz')).status).toBe(200), LONG);

/** Everything that was recorded has its place, and Kafka has been told. */
async function settled(): Promise<void> {
  await eventually(async () => {
    expect(await two.sql('data', 'SELECT 1 FROM heed.outbox LIMIT 1')).toHaveLength(0);
    expect(await two.sql('data', 'SELECT 1 FROM t_ajuni.ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM t_ajuni.ledger_leaf l WHERE l.entry_id = e.id) LIMIT 1')).toHaveLength(0);
  }, LONG);
}

async function erase(): Promise<void> {
  const [requestId, now] = [randomUUID(), systemClock.now().toISOString()];
  const from = { tenant: 'ajuni', key: ref, clock: systemClock };
  await two.bus.publish(
    newEvent(erasureCompleted, { ...from, source: '/heed/dsar', data: { requestId, ref, aliases: [], asOf: now, closedAt: now } }),
    newEvent(messageSent, { ...from, source: '/heed/notifications', data: { messageId: uuidv7(), requestId, ref, template: 'request_closed', sentAt: now } }),
  );
  await eventually(async () => expect(await two.sql('data', 'SELECT 1 FROM t_ajuni.key_shred WHERE ref = $1 AND done_at IS NOT NULL', [ref])).not.toHaveLength(0), LONG);
}

beforeAll(async () => {
  two = await TwoServers.make();
  await two.startConsent();
  await eventually(async () => {
    const answer = await two.call('POST', '/v1/withdrawals', { subject, purposes: ['marketing_email'] });
    expect(answer.status).toBe(202);
    ref = String(answer.body['ref']);
  }, LONG);
  await settled();
  rows = await two.sql<SealedRow>('data', 'SELECT ref, type, sealed FROM t_ajuni.identifier WHERE ref = $1', [ref]);
  expect([...(await readWithAnyKey(two, rows))].sort()).toEqual([EMAIL, PHONE].sort()); // while the person is there, all disks together tell
  await two.stopAll();
  await two.copy('data', 'data.older');
  await two.copy('keys', 'keys.older');
  await two.startServers();
  await two.startConsent();
  await serving();
  await erase();
  await settled();
  await two.stopAll();
}, 300_000);
afterAll(() => two.end());

describe('a person who was erased', () => {
  it('AJU-46: disk dump shows no plaintext, before the erasure and after it', async () => {
    expect(loadSamplePack('ajuni').security.atRest).toMatchObject({ value: 'AES-256-GCM', source: 'AJU-46' });
    for (const word of [EMAIL, PHONE]) {
      const found = await promisify(execFile)('grep', ['-rlaF', word, two.folder]).then(({ stdout }) => stdout, ({ code }: { code: number }) => code);
      expect(found).toBe(1); // grep looked everywhere and found nothing
    }
  });

  it('stays unreadable when an older copy of the data directory is put back: nothing is served, and no key that is left opens it', async () => {
    await two.swap('data', 'data.older', 'data.newest');
    await two.startServers();
    await two.startConsent();
    await eventually(async () => expect(await two.call('POST', '/v1/consents/check', { subject: { ref }, purpose: 'marketing_email' })).toMatchObject({ status: 503, body: { code: 'ledger_behind' } }), LONG);
    expect((await two.call('GET', '/readyz')).status).toBe(503);
    const back = await two.sql<SealedRow>('data', 'SELECT ref, type, sealed FROM t_ajuni.identifier WHERE ref = $1', [ref]);
    expect(back).toHaveLength(2); // the rows are back
    expect(await readWithAnyKey(two, back)).toEqual([]); // and tell nobody anything
    await two.stopAll();
    await two.swap('data', 'data.newest', 'data.older');
  });

  it('stays unreadable when an older copy of the keys is put back: the list of destroyed keys is applied before anything is served', async () => {
    await two.swap('keys', 'keys.older', 'keys.newest');
    await two.startServers();
    expect(await readWithAnyKey(two, rows)).toHaveLength(2); // the copy has brought the keys back
    await two.startConsent();
    const first = await eventually(async () => {
      const { status, body } = await two.call('GET', `/v1/subjects/${ref}`);
      if (status === 503) return false;
      // The first answer that is one: by now the keys are gone.
      return { status, body, read: await readWithAnyKey(two, rows) };
    }, LONG);
    expect(first).toMatchObject({ status: 200, read: [], body: { identifiers: [] } });
    const applied = await two.sql<{ data: unknown }>('data', `SELECT data FROM t_ajuni.ledger_entry WHERE kind = 'key.shreds_applied_again'`);
    expect(applied).toEqual([{ data: { keys: 1 } }]);
    await two.stopAll();
  });
});
