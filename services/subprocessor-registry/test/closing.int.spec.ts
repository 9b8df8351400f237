import { addDuration, calendarOf, loadSamplePack, policyPackFile } from '@heed/policy';
import { eventually } from '@heed/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from './registry-under-test.js';
import type { Answer, RegistryUnderTest } from './registry-under-test.js';

const TENANTS = ['askasia', 'ajuni'] as const;
let registry: RegistryUnderTest;

beforeAll(async () => {
  registry = await startRegistry(TENANTS);
  for (const tenant of TENANTS) await registry.post(tenant, '/v1/policies', readFileSync(policyPackFile(tenant), 'utf8'), { type: 'application/yaml' });
});
afterAll(() => registry.stop());

const close = async (tenant: string): Promise<Answer> => registry.post(tenant, '/v1/tenant/close', {}, { headers: await registry.steppedUp(tenant, 'tenant.close') });
const reopen = async (tenant: string): Promise<Answer> => registry.post(tenant, '/v1/tenant/reopen', {}, { headers: await registry.steppedUp(tenant, 'tenant.reopen') });
const listed = (): Promise<readonly object[]> => registry.sql('SELECT id, state, drop_after FROM heed.tenant ORDER BY id');
const told = (what: string): unknown[] => registry.bus.seen(`heed.subprocessor-registry.tenant_${what}.v1`).map(({ tenant, data }) => ({ tenant, ...data }));

describe('closing a tenant', () => {
  it('is a privileged act of a tenant-admin, on that tenant', async () => {
    expect(await registry.post('askasia', '/v1/tenant/close', {})).toMatchObject({ status: 401, body: { code: 'step_up_required' } });
    const others = await registry.steppedUp('ajuni', 'tenant.close');
    expect((await registry.post('askasia', '/v1/tenant/close', {}, { headers: others })).status).toBe(401);
    const reopening = await registry.steppedUp('askasia', 'tenant.reopen');
    expect((await registry.post('askasia', '/v1/tenant/close', {}, { headers: reopening })).status).toBe(401);
    const asDpo = { roles: ['dpo'], headers: await registry.steppedUp('askasia', 'tenant.close') };
    expect((await registry.post('askasia', '/v1/tenant/close', {}, asDpo)).status).toBe(403);
    expect(await listed()).toMatchObject([{ id: 'ajuni', state: 'active' }, { id: 'askasia', state: 'active' }]);
  });

  it.each(['close', 'reopen'])('AJU-49: is not done (%s) by a key that the policy does not take, whatever it took when the step-up was made', async (what) => {
    expect(loadSamplePack('ajuni').security.privilegedMfa).toEqual({ value: 'fido2_hardware', source: 'AJU-49' });
    const headers = await registry.steppedUp('ajuni', `tenant.${what}`, { method: 'webauthn' });
    expect((await registry.post('ajuni', `/v1/tenant/${what}`, {}, { headers })).body).toMatchObject({ status: 401, code: 'step_up_too_weak', promise: 'AJU-49' });
    expect(await listed()).toMatchObject([{ id: 'ajuni', state: 'active' }, { id: 'askasia', state: 'active' }]);
  });

  it('ASK-12: drops it 30 days later, as a calendar in its zone counts them, and serves it until then', async () => {
    const pack = loadSamplePack('askasia');
    expect(pack.operations.dropAfterClosing).toEqual({ value: 'P30D', source: 'ASK-12' });
    const dropAfter = addDuration(registry.clock.now(), 'P30D', calendarOf(pack));
    expect(await close('askasia')).toMatchObject({ status: 200, body: { id: 'askasia', state: 'closing', dropAfter: dropAfter.toISOString(), dropAfterClosing: 'P30D' } });
    // In the list of tenants, by what only the database may do; the other tenant is as it was.
    expect(await listed()).toEqual([{ id: 'ajuni', state: 'active', drop_after: null }, { id: 'askasia', state: 'closing', drop_after: dropAfter }]);
    await eventually(() => expect(told('closing')).toEqual([{ tenant: 'askasia', dropAfter: dropAfter.toISOString() }]));
    registry.clock.advance({ days: 29 });
    expect((await registry.get('askasia', '/v1/policies')).status).toBe(200);
    expect((await registry.get('askasia', '/v1/tenant')).body).toMatchObject({ state: 'closing', dropAfter: dropAfter.toISOString() });
  });

  it('does not move the date when it is closed again', async () => {
    const before = (await registry.get('askasia', '/v1/tenant')).body['dropAfter'];
    expect((await close('askasia')).body['dropAfter']).toBe(before);
    expect(await registry.sql('SELECT 1 FROM t_askasia.tenant_closing')).toHaveLength(1);
  });

  it('can be taken back until it is dropped', async () => {
    expect(await reopen('askasia')).toMatchObject({ status: 200, body: { state: 'active', dropAfter: null } });
    expect(await listed()).toMatchObject([{ state: 'active' }, { id: 'askasia', state: 'active', drop_after: null }]);
    await eventually(() => expect(told('reopened')).toHaveLength(1));
    expect(await reopen('askasia')).toMatchObject({ status: 409, body: { code: 'tenant_not_closing' } });
    const kinds = await registry.sql(`SELECT kind FROM t_askasia.ledger_entry WHERE kind LIKE 'tenant.%' ORDER BY recorded_at`);
    expect(kinds).toEqual([{ kind: 'tenant.closing' }, { kind: 'tenant.reopened' }]);
  });

  it('is what was decided last, also by a clock that was set back in between', async () => {
    await close('askasia');
    registry.clock.advance({ hours: -2 });
    expect((await reopen('askasia')).body).toMatchObject({ state: 'active', dropAfter: null });
    expect(await listed()).toMatchObject([{ state: 'active' }, { id: 'askasia', state: 'active', drop_after: null }]);
    expect((await close('askasia')).body).toMatchObject({ state: 'closing' });
    expect(await listed()).toMatchObject([{ state: 'active' }, { id: 'askasia', state: 'closing' }]);
    registry.clock.advance({ hours: 2 });
  });

  it('is not taken back once the drop has begun, and such a tenant is refused', async () => {
    await close('ajuni');
    const headers = await registry.steppedUp('ajuni', 'tenant.reopen');
    await registry.sql(`UPDATE heed.tenant SET state = 'closed' WHERE id = 'ajuni'`);
    // At once, while this instance has not heard of it yet: only the list of tenants itself knows.
    expect((await registry.post('ajuni', '/v1/tenant/reopen', {}, { headers })).body).toMatchObject({ status: 403, code: 'tenant_closed' });
    expect(await registry.sql(`SELECT state FROM heed.tenant WHERE id = 'ajuni'`)).toEqual([{ state: 'closed' }]);
    await eventually(async () => expect(await registry.get('ajuni', '/v1/tenant')).toMatchObject({ status: 403, body: { code: 'tenant_closed' } }), { timeoutMs: 15_000 });
    expect((await registry.get('askasia', '/v1/tenant')).status).toBe(200);
  });
});
