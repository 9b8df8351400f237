import { persistenceMigrations } from '@heed/persistence';
import { loadSamplePack, policyPackFile } from '@heed/policy';
import { recoverService } from '@heed/runtime';
import { DatabaseCopies, eventually, everythingTold, ServiceBed, testAgentKeys, VirtualClock } from '@heed/testing';
import type { Answer, StartedService } from '@heed/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registryMigrations, registryRecovery, registryService } from '../src/index.js';

const LONG = { timeoutMs: 40_000 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const clock = new VirtualClock('2026-11-21T10:00:00Z');
let bed: ServiceBed;
let registry: StartedService;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }] });
  registry = await bed.start(registryService, [...persistenceMigrations, ...registryMigrations], { HEED_ACTIVATION_EVERY_MS: '50' });
});
afterAll(() => bed.stop());

const restart = async (meanwhile: () => Promise<void>): Promise<void> => void (registry = await bed.restart(registryService, registry, meanwhile));
const ready = (): Promise<unknown> => eventually(async () => expect((await fetch(`${registry.url}/readyz`)).status).toBe(200), LONG);
const call = (method: 'GET' | 'POST', route: string, body?: unknown, who: object = {}): Promise<Answer> =>
  registry.call(method, route, { tenant: 'ajuni', roles: ['tenant-admin', 'dpo'], ...who }, body);

function register(id: string): Promise<Answer> {
  const map = {
    tables: [{ table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [{ column: 'email', category: 'contact' }], onErasure: 'erase' }],
    purposes: { marketing_email: { table: 'people', column: 'allowed', on: true, off: false } },
  };
  const store = { id, title: id, kind: 'postgres', agent: testAgentKeys().agent, maxBackupAge: 'P35D', map };
  return call('POST', '/v1/data-stores', { stores: [store] }, { roles: ['agent'], sub: 'agent-ajuni' });
}

/** Something people were promised is changed: announced, and in force after the promised time. */
function longer(): object {
  const pack = loadSamplePack('ajuni');
  const [first, ...rest] = pack.retention;
  return { ...pack, retention: [{ ...first!, keep: { ...first!.keep, value: 'P12M' } }, ...rest] };
}

describe('the registry, whose database was put back from an older copy', () => {
  it('has every data map and every version of the policy again', async () => {
    const pack = readFileSync(policyPackFile('ajuni'), 'utf8');
    const first = await registry.call('POST', '/v1/policies', { tenant: 'ajuni', roles: ['tenant-admin'] }, pack, { 'content-type': 'application/yaml' });
    expect(first.status).toBe(201);
    expect((await register('crm')).status).toBeLessThan(300);
    await everythingTold(registry, ['ajuni']);
    const copies = new DatabaseCopies(registry.databaseUrl);
    let older = '';
    await restart(async () => void (older = await copies.take()));
    await ready();

    expect((await register('telemetry')).body).toMatchObject({ mapVersion: 2 });
    const effectiveFrom = new Date(clock.now().getTime() + 40 * 86_400_000).toISOString();
    const second = await call('POST', '/v1/policies', { pack: longer(), effectiveFrom });
    expect(second).toMatchObject({ status: 201, body: { version: 2, state: 'announced' } });
    const before = (await call('GET', '/v1/policies/2')).body;
    await everythingTold(registry, ['ajuni']);
    await restart(() => copies.putBack(older));
    expect(await call('GET', '/v1/policies')).toMatchObject({ status: 503, body: { code: 'ledger_behind' } });

    const report = await recoverService(registryService, registryRecovery, registry.environment);
    expect(report.tenants).toMatchObject([{ applied: { data_maps: 1, policy_versions: 1 }, missing: {} }]);
    await ready();
    expect((await call('GET', '/v1/policies/2')).body).toEqual(before);
    expect((await call('GET', '/v1/data-stores')).body['items']).toMatchObject([{ id: 'crm' }, { id: 'telemetry' }]);
    expect((await call('GET', '/v1/data-stores/telemetry/keys')).body['items']).toHaveLength(1);
    expect((await register('sessions')).body).toMatchObject({ mapVersion: 3, stores: ['crm', 'sessions', 'telemetry'] });
    expect(await recoverService(registryService, registryRecovery, registry.environment)).toMatchObject({ tenants: [] });
  });
});
