import { loadSamplePack } from '@heed/policy';
import { eventProbe, eventually, ServiceBed, VirtualClock } from '@heed/testing';
import type { Answer, EventProbe, StartedService, TestPrincipal } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registryService } from '../src/index.js';

const TENANTS = ['ajuni', 'aurigen', 'askasia', 'auronx'] as const;
const REVOKED = 'heed.registry.access_revoked.v1';

let clock: VirtualClock;
let bed: ServiceBed;
let registry: StartedService;
let bus: EventProbe;

beforeAll(async () => {
  clock = new VirtualClock('2026-11-30T10:00:00Z');
  bed = await ServiceBed.make({ clock, tenants: TENANTS.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })) });
  const { stepUpKeys: _, ...definition } = registryService; // the bed signs step-ups
  registry = await bed.start(definition, registryService.migrations, { HEED_ACCESS_REPORT_EVERY_MS: '50', HEED_ACTIVATION_EVERY_MS: '50', HEED_RATE_LIMIT_TOKEN: '1:200' });
  bus = await eventProbe(bed.topicPrefix, ['heed.subprocessor-registry.events.v1', 'heed.access.events.v1']);
  for (const tenant of TENANTS) expect((await registry.call('POST', '/v1/policies', admin(tenant), { pack: loadSamplePack(tenant) })).status).toBe(201);
});
afterAll(async () => {
  await bus.stop();
  await bed.stop();
});

const admin = (tenant: string): TestPrincipal => ({ tenant, roles: ['tenant-admin'], sub: `admin-${tenant}`, client: 'console', sid: `admin-${tenant}` });
const someone = (tenant: string, name: string, roles: readonly string[] = ['dpo']): TestPrincipal => ({ tenant, roles, sub: name, client: 'console', sid: `sid-${name}` });
const get = async (who: TestPrincipal, path: string): Promise<Answer> => registry.call('GET', path, who);
const post = async (who: TestPrincipal, path: string, body?: unknown): Promise<Answer> => registry.call('POST', path, who, body);
const items = (answer: Answer): readonly Record<string, unknown>[] => answer.body['items'] as Record<string, unknown>[];

/** Waits until the registry lists what its services saw. */
const listed = (tenant: string, path: string, match: Record<string, unknown>): Promise<Record<string, unknown>> =>
  eventually(async () => items(await get(admin(tenant), `${path}?limit=500`)).find((item) => Object.entries(match).every(([key, value]) => item[key] === value)) ?? false);

describe('who was seen', () => {
  it('AUR-06: sessions and connected applications are listed, with the roles of whoever held them', async () => {
    const ada = { tenant: 'aurigen', roles: ['dpo', 'auditor'], sub: 'idp|ada', client: 'dashboard', sid: 'sign-in-1' };
    expect((await get(ada, '/v1/policies')).status).toBe(200);
    const session = await listed('aurigen', '/v1/sessions', { subject: 'idp|ada' });
    expect(session).toMatchObject({ client: 'dashboard', signIn: true, current: false, state: 'active', firstSeen: clock.now().toISOString() });
    expect(await listed('aurigen', '/v1/applications', { client: 'dashboard' })).toMatchObject({ roles: ['auditor', 'dpo'], state: 'active', revokedAt: null, rotatedAt: null });
    expect(await listed('aurigen', '/v1/role-holders', { subject: 'idp|ada' })).toMatchObject({ roles: [{ role: 'auditor', revokedAt: null }, { role: 'dpo', since: clock.now().toISOString() }] });
    expect(items(await get(admin('ajuni'), '/v1/sessions?limit=500')).map((item) => item['subject'])).not.toContain('idp|ada');
  });

  it('is written without what names a person', async () => {
    const grace = { tenant: 'aurigen', roles: ['dpo'], sub: 'grace@example.com', client: 'dashboard' };
    expect((await get(grace, '/v1/policies')).status).toBe(200);
    await eventually(async () => expect(items(await get(admin('aurigen'), '/v1/role-holders')).some(({ subject }) => /^hid_/.test(String(subject)))).toBe(true));
    const told = JSON.stringify(bus.seen('heed.access.reported.v1'));
    expect(told).toContain('hid_');
    expect(told).not.toContain('grace');
    expect(await registry.sql(`SELECT 1 FROM t_aurigen.role_holder WHERE subject LIKE '%@%'`)).toEqual([]);
  });

  it("shows anybody their own sessions, and nobody's to who does not look after the tenant", async () => {
    const linus = someone('aurigen', 'linus', ['analyst']);
    const mine = await eventually(async () => items(await get(linus, '/v1/sessions?own=true'))[0] ?? false);
    expect(mine).toMatchObject({ subject: 'linus', current: true });
    expect((await get(linus, '/v1/sessions')).body).toMatchObject({ status: 403, code: 'own_sessions_only' });
    const theirs = await listed('aurigen', '/v1/sessions', { subject: 'admin-aurigen' });
    expect((await post(linus, `/v1/sessions/${String(theirs['id'])}/revoke`)).status).toBe(404);
    expect((await post(linus, `/v1/sessions/${String(mine['id'])}/revoke`)).body).toMatchObject({ state: 'revoked' });
    expect((await get(linus, '/v1/sessions?own=true')).body).toMatchObject({ status: 401, code: 'token_revoked' });
    clock.advance({ minutes: 1 });
    expect((await get(linus, '/v1/sessions?own=true')).body, 'a renewed token of the sign-in').toMatchObject({ code: 'token_revoked' });
    expect((await get({ ...linus, sid: 'a new sign-in' }, '/v1/sessions?own=true')).status).toBe(200);
  });
});

const idOf = async (subject: string): Promise<string> =>
  eventually(async () => (await registry.sql<{ holder_id: string }>('SELECT holder_id FROM t_auronx.role_holder WHERE subject = $1', [subject]))[0]?.holder_id ?? false);

describe('what is revoked', () => {
  const robot = { tenant: 'aurigen', roles: ['platform'], sub: 'integration', client: 'integration' };
  const works = async (): Promise<number> => (await get(robot, '/v1/policies')).status;

  it('AUR-08: tokens of a rotated application are dead, and those issued after are taken', async () => {
    expect(await works()).toBe(200);
    const { id } = await listed('aurigen', '/v1/applications', { client: 'integration' });
    const answer = await post(admin('aurigen'), `/v1/applications/${String(id)}/rotate`);
    expect(answer.body).toMatchObject({ state: 'active', rotatedAt: clock.now().toISOString(), next: expect.stringContaining('new secret at the identity provider') as unknown });
    expect((await get(robot, '/v1/policies')).body).toMatchObject({ code: 'token_revoked' });
    clock.advance({ seconds: 2 });
    expect(await works()).toBe(200);
  });

  it('AUR-08: no token of a revoked application is taken until it is restored, with a step-up', async () => {
    const { id } = await listed('aurigen', '/v1/applications', { client: 'integration' });
    await post(admin('aurigen'), `/v1/applications/${String(id)}/revoke`);
    clock.advance({ seconds: 2 });
    expect((await get(robot, '/v1/policies')).body).toMatchObject({ status: 401, code: 'token_revoked' });
    await eventually(() => expect(bus.seen(REVOKED).at(-1)?.data).toMatchObject({ kind: 'application', target: id, issuedBefore: null, expiresAt: null }));
    const without = await registry.call('POST', `/v1/applications/${String(id)}/restore`, admin('aurigen'), undefined, { 'heed-step-up': '' });
    expect(without.body).toMatchObject({ status: 401, code: 'step_up_required' });
    expect((await post(admin('aurigen'), `/v1/applications/${String(id)}/restore`)).body).toMatchObject({ state: 'active' });
    expect(await works()).toBe(200);
    expect(await registry.sql(`SELECT kind FROM t_aurigen.ledger_entry WHERE data->>'target' = $1 ORDER BY recorded_at`, [id])).toEqual([{ kind: 'access.revoked' }, { kind: 'access.revoked' }, { kind: 'access.restored' }]);
  });

  it('AJU-48: a role that was taken from somebody gives them nothing, whatever their token says', async () => {
    const eve = someone('ajuni', 'eve', ['dpo', 'auditor']);
    expect((await get(eve, '/v1/applications')).status).toBe(200);
    const { id } = await listed('ajuni', '/v1/role-holders', { subject: 'eve' });
    const without = await registry.call('POST', `/v1/role-holders/${String(id)}/revoke`, admin('ajuni'), { roles: ['dpo'] }, { 'heed-step-up': '' });
    expect(without.body).toMatchObject({ status: 401, code: 'step_up_required' });
    const answer = await post(admin('ajuni'), `/v1/role-holders/${String(id)}/revoke`, { roles: ['dpo', 'auditor'] });
    expect(answer.body['roles']).toMatchObject([{ role: 'auditor', revokedAt: clock.now().toISOString() }, { role: 'dpo', revokedAt: clock.now().toISOString() }]);
    expect((await get(eve, '/v1/applications')).body).toMatchObject({ status: 403, code: 'role_missing' });
    await post(admin('ajuni'), `/v1/role-holders/${String(id)}/restore`, { roles: ['auditor'] });
    expect((await get(eve, '/v1/applications')).status).toBe(200);
    expect((await post(eve, `/v1/applications/${String(id)}/revoke`)).body, 'that was the dpo').toMatchObject({ code: 'role_missing' });
  });

  it('AJU-48: a step-up that was made to take a role away does not give one back, and the other way round', async () => {
    const { id } = await listed('ajuni', '/v1/role-holders', { subject: 'eve' });
    const by = async (act: string, what: string): Promise<Answer> => {
      const token = await bed.stepUps.token({ tenant: 'ajuni', subject: 'admin-ajuni', act, resource: String(id) });
      return registry.call('POST', `/v1/role-holders/${String(id)}/${what}`, admin('ajuni'), { roles: ['dpo'] }, { 'heed-step-up': token });
    };
    expect((await by('role.revoke', 'restore')).body).toMatchObject({ status: 401, code: 'step_up_invalid' });
    expect((await by('role.restore', 'revoke')).body).toMatchObject({ status: 401, code: 'step_up_invalid' });
    expect((await by('role.restore', 'restore')).status).toBe(200);
    expect((await by('role.revoke', 'revoke')).status).toBe(200);
  });

  it('leaves one of two administrators who revoke each other at the same moment, and the last one of a tenant', async () => {
    const [ann, ben] = [someone('auronx', 'ann', ['tenant-admin']), someone('auronx', 'ben', ['tenant-admin'])];
    for (const who of [ann, ben]) expect((await get(who, '/v1/policies')).status).toBe(200);
    const [annId, benId, third] = [await idOf('ann'), await idOf('ben'), await idOf('admin-auronx')];
    const take = (who: TestPrincipal, id: string): Promise<Answer> => post(who, `/v1/role-holders/${id}/revoke`, { roles: ['tenant-admin'] });
    expect((await take(ann, third)).status).toBe(200);
    const lock = new pg.Client({ connectionString: registry.databaseUrl });
    await lock.connect();
    await lock.query('BEGIN; SELECT 1 FROM t_auronx.role_holder FOR UPDATE');
    const both = Promise.all([take(ann, benId), take(ben, annId)]); // let in, both of them, before either is decided
    await eventually(async () => expect(await registry.sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%role_holder%FOR UPDATE%'`)).toHaveLength(2)).finally(() => lock.end());
    const answers = await both;
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'last_administrator' });
    expect(await registry.sql(`SELECT 1 FROM t_auronx.access_revocation WHERE role = 'tenant-admin' AND in_force`)).toHaveLength(2);
  });

  it('is not what somebody decides about themselves, and not what was never there', async () => {
    const { id } = await listed('ajuni', '/v1/role-holders', { subject: 'admin-ajuni' });
    expect((await post(admin('ajuni'), `/v1/role-holders/${String(id)}/revoke`, { roles: ['tenant-admin'] })).body).toMatchObject({ status: 409, code: 'own_access' });
    const { id: other } = await listed('ajuni', '/v1/role-holders', { subject: 'eve' });
    expect((await post(admin('ajuni'), `/v1/role-holders/${String(other)}/revoke`, { roles: ['operator'] })).body).toMatchObject({ status: 422, code: 'role_not_held' });
    expect((await post(admin('askasia'), `/v1/role-holders/${String(other)}/revoke`, { roles: ['dpo'] })).status).toBe(404);
    expect((await post(admin('askasia'), `/v1/applications/${String(other)}/revoke`)).status).toBe(404);
  });
});

describe('tokens', () => {
  it('ASK-18: an access token that lives longer than ten minutes is refused for Askasia, while Ajuni\'s quarter of an hour passes', async () => {
    expect(loadSamplePack('askasia').security.accessTokenTtl).toEqual({ value: 'PT10M', source: 'ASK-18' });
    const living = async (tenant: string, lifetimeSeconds: number): Promise<unknown> => {
      const { body, status } = await get({ ...admin(tenant), lifetimeSeconds }, '/v1/policies');
      return status === 200 ? status : body['code'];
    };
    await eventually(async () => expect(await living('askasia', 601)).toBe('token_invalid'));
    expect(await living('askasia', 600)).toBe(200);
    expect(await living('ajuni', 900)).toBe(200);
    expect(await living('ajuni', 901)).toBe('token_invalid');
  });
});

describe('what is refused', () => {
  it('is listed by minute, route, reason and caller, without personal data, for its own tenant', async () => {
    const mallory = { tenant: 'askasia', roles: ['platform'], sub: 'mallory@example.com', client: 'robot' };
    for (let i = 0; i < 3; i += 1) expect((await get(mallory, '/v1/refusals')).status).toBe(403);
    await get(admin('askasia'), '/v1/data-stores/of-somebody-else');
    const minute = new Date(Math.floor(clock.now().getTime() / 60_000) * 60_000).toISOString();
    clock.advance({ minutes: 1 });
    const refusal = await listed('askasia', '/v1/refusals', { code: 'role_missing' });
    const holder = await listed('askasia', '/v1/role-holders', { id: refusal['holderId'] });
    expect(refusal).toMatchObject({ minute, service: 'subprocessor-registry', route: 'GET /v1/refusals', count: 3 });
    expect(holder['subject']).toMatch(/^hid_/);
    expect(await listed('askasia', '/v1/refusals', { code: 'not_found', route: 'GET /v1/data-stores/:id' })).toMatchObject({ count: 1, minute });
    expect(JSON.stringify(await registry.sql('SELECT * FROM t_askasia.refusal'))).not.toContain('mallory');
    expect(items(await get(admin('ajuni'), '/v1/refusals?limit=500')).map((item) => item['holderId'])).not.toContain(holder['id']);
  });

  it('is what comes too often, with a time to come again', async () => {
    const busy = someone('ajuni', 'busy', ['auditor']);
    const token = await bed.issuer.token(busy);
    const answers = await Promise.all(Array.from({ length: 260 }, () => registry.fetch(`${registry.url}/v1/policies`, { headers: { authorization: `Bearer ${token}` } })));
    const refusedOnes = answers.filter(({ status }) => status === 429);
    expect(refusedOnes.length).toBeGreaterThan(0);
    expect(refusedOnes.length).toBeLessThanOrEqual(60);
    expect(refusedOnes[0]?.headers.get('retry-after')).toBe('1');
    expect(await refusedOnes[0]?.json()).toMatchObject({ code: 'token_rate_exceeded' });
    expect((await get(admin('ajuni'), '/v1/policies')).status, 'somebody else').toBe(200);
  });
});
