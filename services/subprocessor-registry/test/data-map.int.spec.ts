import { consentMapConfirmed } from '@heed/contracts-consent';
import { dsarMapConfirmed } from '@heed/contracts-dsar';
import { retentionMapConfirmed } from '@heed/contracts-retention';
import { generateAgentKeys, publicJwk } from '@heed/crypto';
import { newEvent } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from './registry-under-test.js';
import type { RegistryUnderTest } from './registry-under-test.js';

const keys = generateAgentKeys();
const agent = { signingKey: publicJwk(keys.signing), encryptionKey: publicJwk(keys.encryption) };
const map = {
  tables: [{ table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [{ column: 'name', category: 'contact' }], onErasure: 'erase' }],
  purposes: { marketing_email: { table: 'people', column: 'marketing', on: true, off: false } },
};
const crm = { id: 'crm', title: 'CRM', kind: 'postgres', agent, maxBackupAge: 'P30D', map };
const mail = { id: 'mail-processor', title: 'Mail', kind: 'http', agent, maxBackupAge: 'P30D', map: { identifiers: ['email'], fields: [], purposes: ['marketing_email'] } };
const asAgent = { roles: ['agent'], sub: 'agent-ajuni' };

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry(['ajuni', 'auronx', 'askasia']);
});
afterAll(() => registry.stop());

const confirm = (definition: typeof consentMapConfirmed, owner: string, mapVersion: number, tenant = 'ajuni') =>
  registry.bus.publish(newEvent(definition, { source: `/heed/${owner}`, tenant, key: tenant, data: { mapVersion }, clock: registry.clock }));

const proposed = (tenant: string) => registry.bus.seen('heed.subprocessor-registry.map_proposed.v1').filter((event) => event.tenant === tenant);
const activated = (tenant: string) => registry.bus.seen('heed.subprocessor-registry.map_activated.v1').filter((event) => event.tenant === tenant);

describe('the data map of a tenant', () => {
  it('is proposed whole when a store registers, and active once all three owners hold it', async () => {
    const first = await registry.post('ajuni', '/v1/data-stores', { stores: [crm] }, asAgent);
    expect(first).toEqual({ status: 201, body: { mapVersion: 1, activeMapVersion: 0, state: 'proposed', stores: ['crm'] } });
    const second = await registry.post('ajuni', '/v1/data-stores', { stores: [mail] }, asAgent);
    expect(second).toMatchObject({ status: 201, body: { mapVersion: 2, stores: ['crm', 'mail-processor'] } });
    await eventually(() => expect(proposed('ajuni')).toHaveLength(2));
    expect(proposed('ajuni')[1]?.data).toMatchObject({ mapVersion: 2, stores: [{ id: 'crm' }, { id: 'mail-processor' }] });

    await confirm(consentMapConfirmed, 'consent', 2);
    await confirm(dsarMapConfirmed, 'dsar', 2);
    await confirm(dsarMapConfirmed, 'dsar', 1); // late: changes nothing
    await confirm(retentionMapConfirmed, 'retention', 1);
    await eventually(() => expect(activated('ajuni').map((event) => event.data)).toEqual([{ mapVersion: 1 }]));
    expect((await registry.get('ajuni', '/v1/data-map')).body).toMatchObject({
      active: { mapVersion: 1, stores: ['crm'] },
      proposed: [{ mapVersion: 2, waitsFor: ['retention'] }],
    });
    await confirm(retentionMapConfirmed, 'retention', 2);
    await confirm(retentionMapConfirmed, 'retention', 2);
    await eventually(() => expect(activated('ajuni').map((event) => event.data)).toEqual([{ mapVersion: 1 }, { mapVersion: 2 }]));
  });

  it('takes a confirmation of what was never proposed aside', async () => {
    await confirm(dsarMapConfirmed, 'dsar', 99);
    await eventually(() => expect(registry.bus.seen('heed.dsar.map_confirmed.v1').map((event) => event.data)).toEqual([{ mapVersion: 99 }]));
    await confirm(dsarMapConfirmed, 'dsar', 2);
  });

  it('stays as it is when the same stores register again', async () => {
    const again = await registry.post('ajuni', '/v1/data-stores', { stores: [mail, crm] }, asAgent);
    expect(again).toEqual({ status: 200, body: { mapVersion: 2, activeMapVersion: 2, state: 'active', stores: ['crm', 'mail-processor'] } });
    expect(proposed('ajuni')).toHaveLength(2);
  });

  it("refuses another agent's keys for a registered store", async () => {
    const other = publicJwk(generateAgentKeys().encryption);
    const stolen = { ...crm, agent: { ...agent, encryptionKey: other } };
    for (const as of [{ roles: ['agent'], sub: 'agent-other' }, { roles: ['tenant-admin'], sub: 'admin' }]) {
      const answer = await registry.post('ajuni', '/v1/data-stores', { stores: [stolen] }, as);
      expect(answer).toMatchObject({ status: 403, body: { code: 'store_owned_by_another' } });
    }
    expect((await registry.post('ajuni', '/v1/data-stores', { stores: [stolen] }, asAgent)).status).toBe(201);
  });

  it('shows a store to its tenant only', async () => {
    expect(await registry.get('ajuni', '/v1/data-stores/crm')).toMatchObject({ status: 200, body: { id: 'crm', registeredBy: 'agent-ajuni' } });
    expect((await registry.get('auronx', '/v1/data-stores/crm')).status).toBe(404);
    expect((await registry.get('askasia', '/v1/data-stores')).body).toEqual({ items: [], nextCursor: null });
  });

  it('says which part of a registration is malformed', async () => {
    const answer = await registry.post('ajuni', '/v1/data-stores', { stores: [{ ...crm, maxBackupAge: 'soon' }] }, asAgent);
    expect(answer).toMatchObject({ status: 400, body: { code: 'body_invalid', errors: [{ pointer: '/stores/0/maxBackupAge' }] } });
    expect((await registry.post('ajuni', '/v1/data-stores', { stores: [crm, crm] }, asAgent)).body).toMatchObject({ code: 'store_repeated' });
  });
});

describe("the keys of a store's agent", () => {
  const pairOf = (one: ReturnType<typeof generateAgentKeys>) => ({ signingKey: publicJwk(one.signing), encryptionKey: publicJwk(one.encryption) });
  const [first, second, third] = [generateAgentKeys(), generateAgentKeys(), generateAgentKeys()];
  const register = (of: ReturnType<typeof generateAgentKeys>) => registry.post('auronx', '/v1/data-stores', { stores: [{ ...crm, agent: pairOf(of) }] }, asAgent);
  const listed = async (): Promise<Record<string, unknown>[]> => (await registry.get('auronx', '/v1/data-stores/crm/keys')).body['items'] as Record<string, unknown>[];
  const revoked = () => registry.bus.seen('heed.subprocessor-registry.agent_key_revoked.v1').filter((event) => event.tenant === 'auronx');

  it('are known through time, with when they counted; a revoked one is told once, with the one beside it, and never comes back', async () => {
    expect((await registry.post('auronx', '/v1/policies', { pack: loadSamplePack('auronx') }, { roles: ['tenant-admin'], sub: 'admin' })).status).toBe(201);
    await register(first);
    registry.clock.advance({ days: 1 });
    const exchanged = registry.clock.now().toISOString();
    await register(second);
    expect(await listed()).toEqual([
      { signingKid: second.signing.kid, encryptionKid: second.encryption.kid, validFrom: exchanged, validUntil: null, revokedAt: null, revokedBy: null },
      expect.objectContaining({ signingKid: first.signing.kid, validUntil: exchanged, revokedAt: null }),
    ]);
    const revoke = async (kid: string) => {
      const headers = await registry.steppedUp('auronx', 'store_key.revoke', { sub: 'officer', resource: kid });
      return registry.post('auronx', `/v1/data-stores/crm/keys/${kid}/revoke`, { reason: 'stolen' }, { roles: ['dpo'], sub: 'officer', headers });
    };
    expect((await revoke(second.encryption.kid)).body).toMatchObject({ items: [{ signingKid: second.signing.kid, revokedAt: exchanged, revokedBy: 'officer' }, { revokedAt: null }] });
    await revoke(second.signing.kid);
    await eventually(() => expect(revoked().map((event) => event.data)).toEqual([{ dataStore: 'crm', kids: [second.signing.kid, second.encryption.kid], revokedAt: exchanged }]));
    expect(await register({ ...third, encryption: second.encryption })).toMatchObject({ status: 409, body: { code: 'agent_key_revoked' } });
    expect((await register(third)).status).toBe(201);
    expect((await revoke('A'.repeat(43))).status).toBe(404);
  });

  it('are revoked for every store that is served with them, and are taken for no other', async () => {
    const shared = generateAgentKeys();
    const storeOf = (id: string) => ({ ...crm, id, agent: pairOf(shared) });
    const [billing, archive, later] = [storeOf('billing'), storeOf('archive'), storeOf('later')];
    expect((await registry.post('auronx', '/v1/data-stores', { stores: [billing, archive] }, asAgent)).status).toBe(201);
    const headers = await registry.steppedUp('auronx', 'store_key.revoke', { sub: 'officer', resource: shared.signing.kid });
    await registry.post('auronx', `/v1/data-stores/billing/keys/${shared.signing.kid}/revoke`, { reason: 'stolen' }, { roles: ['dpo'], sub: 'officer', headers });
    expect((await registry.get('auronx', '/v1/data-stores/archive/keys')).body).toMatchObject({ items: [{ revokedBy: 'officer' }] });
    await eventually(() => expect(revoked().map((event) => event.data['dataStore'])).toEqual(expect.arrayContaining(['billing', 'archive'])));
    expect(await registry.post('auronx', '/v1/data-stores', { stores: [later] }, asAgent)).toMatchObject({ status: 409, body: { code: 'agent_key_revoked' } });
  });

  it('are revoked by nobody without a proof of presence', async () => {
    const answer = await registry.post('auronx', `/v1/data-stores/crm/keys/${third.signing.kid}/revoke`, { reason: 'stolen' }, { roles: ['tenant-admin'], sub: 'admin' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'step_up_required' } });
  });
});
