import { clearanceRequested } from '@heed/contracts-dsar';
import { newEvent, uuidv7 } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { recoverService } from '@heed/runtime';
import { ConsentPeer, DatabaseCopies, eventProbe, eventually, everythingTold, ServiceBed, TestStores, VirtualClock } from '@heed/testing';
import type { Answer, EventProbe, StartedService } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { retentionMigrations, retentionRecovery, retentionService } from '../src/index.js';

type Event = HeedEvent<Record<string, unknown>>;
const LONG = { timeoutMs: 40_000 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const clock = new VirtualClock('2026-11-21T10:00:00Z');
const stores = new TestStores(clock, ['crm', 'telemetry']);
let bed: ServiceBed;
let retention: StartedService;
let consent: ConsentPeer;
let bus: EventProbe;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }] });
  consent = await ConsentPeer.start(stores.stores);
  retention = await bed.start(retentionService, retentionMigrations, { HEED_CONSENT_URL: consent.url });
  bus = await eventProbe(bed.topicPrefix, ['heed.retention.events.v1', 'heed.t.ajuni.commands.v1']);
  await bus.publish(stores.policy('ajuni', loadSamplePack('ajuni')), ...stores.mapped('ajuni'));
  await eventually(async () => (await retention.sql('SELECT 1 FROM t_ajuni.data_map WHERE active')).length === 1, LONG);
});
afterAll(async () => {
  await bus.stop();
  await bed.stop();
  await consent.goAway();
});

const call = (method: 'GET' | 'POST', route: string, body?: unknown): Promise<Answer> => retention.call(method, route, { tenant: 'ajuni', roles: ['dpo'] }, body);
const hold = async (): Promise<Record<string, unknown>> =>
  (await call('POST', '/v1/holds', { subject: { identifiers: [{ type: 'email', value: `${randomUUID()}@example.com` }] }, matter: 'case 12', reason: 'litigation' })).body;
const commandOf = (dispatchId: unknown): Promise<Event> =>
  eventually(() => bus.seen('heed.command.hold.v1').find((e) => e.data['dispatchId'] === dispatchId) ?? false, LONG);

/** What is said to who wants to destroy something of this person. */
async function answerTo(ref: string): Promise<Event> {
  const dispatchId = `dsr_${uuidv7()}`;
  const data = { dispatchId, ref, aliases: [], attempt: 1 };
  await bus.publish(newEvent(clearanceRequested, { source: '/heed/dsar', tenant: 'ajuni', key: ref, clock, data }));
  const answers = (): Event[] => [...bus.seen('heed.retention.cleared.v1'), ...bus.seen('heed.retention.clearance_held.v1')];
  return eventually(() => answers().find((e) => e.data['dispatchId'] === dispatchId) ?? false, LONG);
}

describe('retention, whose database was put back from an older copy', () => {
  it('protects again whom it had protected, lets go whom it had let go, and says which words are gone', async () => {
    const known = await hold();
    await everythingTold(retention, ['ajuni']);
    const copies = new DatabaseCopies(retention.databaseUrl);
    let older = '';
    retention = await bed.restart(retentionService, retention, async () => void (older = await copies.take()));
    await eventually(async () => expect((await fetch(`${retention.url}/readyz`)).status).toBe(200), LONG);

    const standing = await hold();
    const command = await commandOf(standing['dispatchId']);
    await bus.publish(...['crm', 'telemetry'].map((store) => stores.answer(command, store, { rows: 0, assurance: 'applied' })));
    await eventually(async () => expect((await call('GET', `/v1/dispatches/${String(standing['dispatchId'])}`)).body['state']).toBe('done'), LONG);
    expect((await call('POST', `/v1/holds/${String(known['id'])}/release`, { note: 'settled' })).status).toBeLessThan(300);
    await everythingTold(retention, ['ajuni']);
    retention = await bed.restart(retentionService, retention, () => copies.putBack(older));
    expect(await call('GET', '/v1/holds')).toMatchObject({ status: 503, body: { code: 'ledger_behind' } });

    const report = await recoverService(retentionService, retentionRecovery, retention.environment);
    expect(report.tenants).toMatchObject([{ applied: { holds_placed: 1, holds_released: 1, dispatches: 2 }, missing: { words_about_holds: 2 } }]);
    await eventually(async () => expect((await fetch(`${retention.url}/readyz`)).status).toBe(200), LONG);
    expect((await answerTo(String(standing['ref']))).data).toMatchObject({ holdIds: [standing['id']] });
    expect((await answerTo(String(known['ref']))).type).toBe('heed.retention.cleared.v1');
    expect((await call('GET', `/v1/holds/${String(known['id'])}`)).body).toMatchObject({ state: 'released' });
    await eventually(async () => {
      const { body } = await call('GET', `/v1/dispatches/${String(standing['dispatchId'])}`);
      expect(body).toMatchObject({ state: 'done', targets: [{ dataStore: 'crm', state: 'done' }, { dataStore: 'telemetry', state: 'done' }] });
    }, LONG);
    expect((await call('GET', `/v1/holds/${String(standing['id'])}`)).body).toMatchObject({ state: 'standing', categories: 'all' });
    expect(await recoverService(retentionService, retentionRecovery, retention.environment)).toMatchObject({ tenants: [] });
  });
});
