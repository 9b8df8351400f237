import { personMerged, personSplit } from '@heed/contracts-consent';
import { clearanceRequested } from '@heed/contracts-dsar';
import { newEvent, newSubjectRef, uuidv7 } from '@heed/kernel';
import type { HeedEvent, NewEvent } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { ConsentPeer, eventProbe, eventually, ServiceBed, TestStores, VirtualClock } from '@heed/testing';
import type { Answer, EventProbe, StartedService } from '@heed/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retentionMigrations, retentionService } from '../src/index.js';

const clock = new VirtualClock('2026-11-21T10:00:00Z');
const stores = new TestStores(clock, ['crm']);
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
  await eventually(async () => (await retention.sql('SELECT 1 FROM t_ajuni.data_map WHERE active')).length === 1, { timeoutMs: 30_000 });
});
afterAll(async () => {
  await bus.stop();
  await bed.stop();
  await consent.goAway();
});

const call = (method: 'GET' | 'POST', route: string, body?: unknown): Promise<Answer> => retention.call(method, route, { tenant: 'ajuni', roles: ['dpo'] }, body);
const hold = async (subject: object): Promise<Record<string, unknown>> => (await call('POST', '/v1/holds', { subject, matter: 'case 12', reason: 'litigation' })).body;
const from = { source: '/heed/consent', tenant: 'ajuni', key: 'sub', clock };
const change = { version: 2, changeId: uuidv7(), reason: 'same_person' };
const say = (event: NewEvent<unknown>): Promise<void> => bus.publish({ ...event, topics: ['heed.consent.events.v1'] });
const merged = (data: { ref: string; alias: string; aliases: string[] }): Promise<void> => say(newEvent(personMerged, { ...from, data: { ...change, ...data, kind: 'merge' } }));
const split = (data: { ref: string; alias: string; aliases: string[] }): Promise<void> => say(newEvent(personSplit, { ...from, data: { ...change, ...data } }));

/** What retention says to who wants to erase this person. */
async function answerFor(ref: string): Promise<HeedEvent<Record<string, unknown>>> {
  const dispatchId = `dsr_${uuidv7()}`;
  await bus.publish(newEvent(clearanceRequested, { source: '/heed/dsar', tenant: 'ajuni', key: ref, clock, data: { dispatchId, ref, aliases: [], attempt: 1 } }));
  const types = ['heed.retention.cleared.v1', 'heed.retention.clearance_held.v1'];
  return eventually(() => types.flatMap((type) => bus.seen(type)).find(({ data }) => data['dispatchId'] === dispatchId) ?? false, { timeoutMs: 20_000 });
}

it('a hold on one ref protects the person under all of them, tells every store, and outlasts a split', async () => {
  const ref = newSubjectRef();
  const placed = await hold({ identifiers: [{ type: 'email', value: `${uuidv7()}@example.com` }] });
  const [id, alias] = [String(placed['id']), String(placed['ref'])];
  expect((await answerFor(ref)).type).toBe('heed.retention.cleared.v1');

  await merged({ ref, alias, aliases: [alias] });
  const extended = await eventually(() => bus.seen('heed.command.hold.v1').find(({ data }) => data['holdId'] === id && (data['aliases'] as string[]).includes(ref)) ?? false, { timeoutMs: 20_000 });
  expect(extended.data).toMatchObject({ ref: alias, targets: ['crm'], version: 2 });
  await eventually(() => bus.seen('heed.retention.hold_placed.v2').some(({ data }) => data['holdId'] === id && (data['aliases'] as string[]).includes(ref)), { timeoutMs: 20_000 });
  expect(await answerFor(ref)).toMatchObject({ type: 'heed.retention.clearance_held.v1', data: { holdIds: [id] } });

  await split({ ref, alias, aliases: [] });
  await eventually(async () => expect(await retention.sql('SELECT 1 FROM t_ajuni.alias WHERE ref = $1', [alias])).toEqual([]), { timeoutMs: 20_000 });
  expect((await answerFor(ref)).type).toBe('heed.retention.clearance_held.v1');
  expect((await call('POST', `/v1/holds/${id}/release`, { note: 'settled' })).status).toBe(200);
  expect((await answerFor(ref)).type).toBe('heed.retention.cleared.v1');
});

it('a hold that names one ref later is on every other ref of the person too, however they were merged', async () => {
  const [a, b, c] = [newSubjectRef(), newSubjectRef(), newSubjectRef()];
  await merged({ ref: b, alias: c, aliases: [c] });
  await merged({ ref: a, alias: b, aliases: [b, c] });
  await eventually(async () => expect(await retention.sql('SELECT ref FROM t_ajuni.alias WHERE person = $1 ORDER BY ref', [a])).toEqual([b, c].sort().map((ref) => ({ ref }))), { timeoutMs: 20_000 });
  const { id } = await hold({ ref: c });
  expect(await answerFor(a)).toMatchObject({ data: { holdIds: [id] } });
  expect(await answerFor(b)).toMatchObject({ data: { holdIds: [id] } });
});
