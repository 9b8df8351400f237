import { noticeDelivered } from '@heed/contracts-notifications';
import { newEvent } from '@heed/kernel';
import { loadSamplePack, policyPackFile } from '@heed/policy';
import type { PolicyPack, SampleTenant } from '@heed/policy';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from './registry-under-test.js';
import type { RegistryUnderTest } from './registry-under-test.js';

const TENANTS = ['ajuni', 'aurigen', 'askasia', 'ahurasense', 'auronx'] as const;
const DAY = 86_400_000;

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry(TENANTS);
  for (const tenant of TENANTS) {
    const answer = await registry.post(tenant, '/v1/policies', readFileSync(policyPackFile(tenant), 'utf8'), { type: 'application/yaml' });
    expect(answer).toMatchObject({ status: 201, body: { version: 1, state: 'active', diff: null, noticeId: null } });
  }
});
afterAll(() => registry.stop());

/** A pack that keeps contacts for another length: something people were promised. */
function changed(tenant: SampleTenant, keep: string, from: PolicyPack = loadSamplePack(tenant)): PolicyPack {
  const [first, ...rest] = from.retention;
  if (!first) throw new Error('the pack has no retention rule');
  return { ...from, retention: [{ ...first, keep: { ...first.keep, value: keep } }, ...rest] };
}
const inDays = (days: number): string => new Date(registry.clock.now().getTime() + days * DAY).toISOString();
const events = (kind: string, tenant: string) => registry.bus.seen(`heed.subprocessor-registry.${kind}.v1`).filter((event) => event.tenant === tenant);
const publish = (tenant: string, pack: PolicyPack, effectiveFrom?: string) => registry.post(tenant, '/v1/policies', { pack, effectiveFrom });

async function deliver(noticeId: unknown, policyVersion: number, recipientId: string, recipients: number, delivered: number): Promise<void> {
  const deliveredAt = registry.clock.now().toISOString();
  const data = { noticeId: String(noticeId), policyVersion, recipientId, deliveredAt, recipients, delivered };
  await registry.bus.publish(newEvent(noticeDelivered, { source: '/heed/notifications', tenant: 'ajuni', key: String(noticeId), data, clock: registry.clock }));
}

describe('a changed policy', () => {
  it('AJU-56: is refused with fewer than 30 days to its date, naming the earliest one', async () => {
    const answer = await publish('ajuni', changed('ajuni', 'P12M'), inDays(29));
    expect(answer).toMatchObject({ status: 422, body: { code: 'policy_notice_too_short', promise: 'AJU-56' } });
    expect(answer.body['detail']).toContain(inDays(30));
    expect((await registry.get('ajuni', '/v1/policies')).body['items']).toHaveLength(1);
  });

  it('AJU-56: takes effect 30 days after the last admin got the notice; a late delivery postpones it', async () => {
    const asked = inDays(30);
    const answer = await publish('ajuni', changed('ajuni', 'P12M'), asked);
    expect(answer).toMatchObject({ status: 201, body: { version: 2, state: 'announced', effectiveFrom: asked } });
    const noticeId = answer.body['noticeId'];
    await eventually(() => expect(events('policy_announced', 'ajuni')[0]?.data).toMatchObject({ noticeId, version: 2, effectiveFrom: asked }));
    expect(events('policy_announced', 'ajuni')[0]?.data['changes']).toEqual(['Contact details: kept for 12 months instead of 24 months.']);

    const again = await publish('ajuni', changed('ajuni', 'P12M'), asked);
    expect(again).toMatchObject({ status: 200, body: { version: 2, effectiveFrom: asked } });
    const moved = await publish('ajuni', changed('ajuni', 'P12M'), inDays(60));
    expect(moved).toMatchObject({ status: 409, body: { code: 'policy_already_announced' } });
    expect(moved.body['detail']).toContain(`Version 2 is this policy and announced for ${asked}`);
    const tooSoon = await publish('ajuni', changed('ajuni', 'P12M'), inDays(7));
    expect(tooSoon).toMatchObject({ status: 422, body: { code: 'policy_notice_too_short', promise: 'AJU-56' } });

    const admins = [randomUUID(), randomUUID()] as const;
    registry.clock.advance({ hours: 1 });
    await deliver(noticeId, 2, admins[0], 2, 1);
    registry.clock.advance({ days: 31 }); // the date has passed, but one admin has not got it
    const notice = async () => ((await registry.get('ajuni', '/v1/policies/2')).body['notice'] as Record<string, unknown>);
    await eventually(async () => expect(await notice()).toMatchObject({ recipients: 2, delivered: 1 }));
    expect((await registry.get('ajuni', '/v1/policies/2')).body['state']).toBe('announced');

    await deliver(noticeId, 2, admins[1], 2, 2);
    await deliver(noticeId, 2, admins[1], 2, 2);
    const later = inDays(30);
    await eventually(() => expect(events('policy_postponed', 'ajuni').map((event) => event.data)).toEqual([{ version: 2, effectiveFrom: later, promise: 'AJU-56' }]));
    expect((await registry.get('ajuni', '/v1/policies/2')).body).toMatchObject({ state: 'announced', postponed: true, effectiveFrom: later });

    registry.clock.advance({ days: 29, hours: 23 });
    expect((await registry.get('ajuni', '/v1/policies/2')).body['state']).toBe('announced');
    registry.clock.advance({ hours: 1 });
    await eventually(async () => expect((await registry.get('ajuni', '/v1/policies/2')).body['state']).toBe('active'));
    await eventually(() => expect(events('policy_activated', 'ajuni').map((event) => event.data['version'])).toEqual([1, 2]));
  });

  it('AJU-57: leaves every older version readable, with what changed', async () => {
    const first = await registry.get('ajuni', '/v1/policies/1');
    expect(first.body).toMatchObject({ version: 1, state: 'superseded', diff: null });
    expect(first.body['pack']).toEqual(JSON.parse(JSON.stringify(loadSamplePack('ajuni'))));
    const second = await registry.get('ajuni', '/v1/policies/2');
    expect(second.body['diff']).toMatchObject({ material: true, changes: [{ kind: 'changed', before: 'P24M', after: 'P12M' }] });
    expect((await registry.get('ajuni', '/v1/policies/3')).status).toBe(404);
  });

  it.each([
    ['ASK-23', 'askasia', { channels: ['email', 'console'], channelsNeeded: 'any', audience: ['partners'] }],
    ['AUX-16', 'auronx', { channels: ['email'], channelsNeeded: 'all', audience: ['registered_users'] }],
    ['AUR-33', 'aurigen', { channels: ['page'], channelsNeeded: 'all', audience: ['public'] }],
    ['AHU-11', 'ahurasense', { channels: ['page'], channelsNeeded: 'all', audience: ['public'] }],
  ] as const)('%s: is announced on the promised channel and no date is refused', async (promise, tenant, rule) => {
    expect(loadSamplePack(tenant).notices.policyChange).toMatchObject({ ...rule, source: promise });
    const soon = inDays(1);
    const answer = await publish(tenant, changed(tenant, 'P5Y'), soon);
    expect(answer).toMatchObject({ status: 201, body: { version: 2, state: 'announced', effectiveFrom: soon } });
    await eventually(() => expect(events('policy_announced', tenant)[0]?.data).toMatchObject({ version: 2, noticeId: answer.body['noticeId'] }));
    registry.clock.advance({ days: 1 });
    await eventually(() => expect(events('policy_activated', tenant).map((event) => event.data['version'])).toEqual([1, 2]));
    const reverted = await publish(tenant, loadSamplePack(tenant));
    expect(reverted).toMatchObject({ status: 201, body: { version: 3, state: 'active' } });
  });

  it('is told to nobody when it changes nothing that was promised', async () => {
    const pack = changed('ajuni', 'P12M');
    const renamed = { ...pack, tenant: { ...pack.tenant, name: 'Ajuni Platform' } };
    expect(await publish('ajuni', renamed)).toMatchObject({ status: 201, body: { version: 3, state: 'active', noticeId: null, diff: { material: false } } });
    expect(await publish('ajuni', renamed)).toMatchObject({ status: 200, body: { version: 3 } });
  });
});

describe('a policy pack', () => {
  it('is refused with pointer and line when it is malformed', async () => {
    const text = readFileSync(policyPackFile('ajuni'), 'utf8').replace('value: P30D, source: AJU-56', 'value: soon, source: AJU-56');
    const line = text.split('\n').findIndex((row) => row.includes('value: soon')) + 1;
    const answer = await registry.post('ajuni', '/v1/policies', text, { type: 'text/plain' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'pack_invalid', errors: [{ pointer: '/notices/policyChange/leadTime/value' }] } });
    expect(answer.body['detail']).toContain(`line ${line},`);
    expect((await registry.post('ajuni', '/v1/policies', {})).body).toMatchObject({ status: 400, code: 'pack_invalid' });
    expect((await registry.post('ajuni', '/v1/policies', { pack: 'x', effectiveFrom: '10000-01-01' })).body).toMatchObject({ status: 400, code: 'body_invalid' });
  });

  it("is refused under another tenant's token", async () => {
    const answer = await publish('auronx', loadSamplePack('ajuni'));
    expect(answer).toMatchObject({ status: 400, body: { code: 'pack_of_another_tenant', errors: [{ pointer: '/tenant/id' }] } });
  });
});

describe('what the policy in force says', () => {
  it('ASK-09: lists the sub-processors on request', async () => {
    const answer = await registry.get('askasia', '/v1/subprocessors');
    expect(answer.body).toMatchObject({ available: { value: 'on_request', source: 'ASK-09' } });
    expect(answer.body['items']).toEqual(JSON.parse(JSON.stringify(loadSamplePack('askasia').subprocessors.vendors)));
  });

  it('names every promise and the values that carry it', async () => {
    const { body } = await registry.get('ajuni', '/v1/promises');
    const items = body['items'] as { id: string; owner: string; values: { path: string; value: string }[] }[];
    expect(items.map((item) => item.id)).toEqual(loadSamplePack('ajuni').promises.map((promise) => promise.id));
    expect(items.find((item) => item.id === 'AJU-56')).toMatchObject({
      owner: 'notifications',
      values: expect.arrayContaining([{ path: 'notices.policyChange.leadTime', value: 'P30D' }]) as unknown,
    });
  });
});
