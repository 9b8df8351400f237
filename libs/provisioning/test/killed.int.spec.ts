import { createKafka, declaredTopics } from '@heed/kafka';
import { FieldVault, keysLogin, tenantKeysLeft } from '@heed/key-store';
import { Database } from '@heed/persistence';
import { createTenant, listTenants, sweepTenants, TENANT_SERVICES } from '@heed/provisioning';
import type { TenantService } from '@heed/provisioning';
import { databaseAt, freshTopicPrefix, sqlOn, testServers, VirtualClock } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testInstallation } from './support/test-installation.js';
import type { Place } from './support/test-installation.js';

const CHILD = path.join(import.meta.dirname, 'support/test-installation.ts');
const DATABASES = TENANT_SERVICES.map((service) => `database-of-${service}`);
const CREATE = ['topics', ...DATABASES, 'client', 'agent'].map((step) => `tenant.create.${step}`);
const DROP = ['closing-in-the-register', 'closing', 'agent', 'client', 'silence', 'topics', ...DATABASES, 'keys', 'looking-for-what-is-left', 'tombstones', 'tombstone-of-the-register'].map(
  (step) => `tenant.drop.${step}`,
);
const nothing = (): void => undefined;

let place: Place;
let installation: ReturnType<typeof testInstallation>;

beforeAll(async () => {
  const { postgresUrl: adminUrl, brokers } = testServers();
  place = { adminUrl, brokers, prefix: freshTopicPrefix(), dir: await mkdtemp(path.join(tmpdir(), 'heed-provisioning-')) };
  installation = testInstallation(place);
  for (const service of TENANT_SERVICES) await installation.migrate(service, []);
  await createTenant(installation, { id: 'other', isolation: 'login' }, nothing);
  for (const service of TENANT_SERVICES) await sql(service, `INSERT INTO t_other.person (name) VALUES ('Ada')`);
});
afterAll(() => rm(place.dir, { recursive: true }));

const sql = <R extends object>(service: TenantService, text: string, values: readonly unknown[] = []): Promise<readonly R[]> =>
  sqlOn<R>(databaseAt(place.adminUrl, installation.database?.(service) ?? ''), text, values);

function child(command: 'create' | 'sweep', id: string, failpoint?: string): { ended: Promise<unknown>; lines: () => string } {
  const args = ['--disable-warning=ExperimentalWarning', CHILD, JSON.stringify(place), command, id, ...(failpoint ? [failpoint] : [])];
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' } });
  let text = '';
  program.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { ended: once(program, 'close').then(([code, signal]: unknown[]) => signal ?? code), lines: () => text };
}

/** Everything of a tenant that can be found: in catalogues and shared tables, on Kafka, in files. */
async function traces(id: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const service of TENANT_SERVICES) {
    const rows = await sql<{ what: string }>(
      service,
      `SELECT 'table ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 't_' || $1
       UNION ALL SELECT 'role ' || rolname || ' ' || rolcanlogin FROM pg_roles WHERE rolname = current_database() || '_t_' || $1
       UNION ALL SELECT 'member ' || roleid::regrole FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_database() || '_t_' || $1)
       UNION ALL SELECT 'reminder' FROM heed.reminder WHERE tenant = $1
       UNION ALL SELECT 'waiting event' FROM heed.outbox WHERE headers->>'ce_tenantid' = $1`,
      [id],
    );
    const logins = await readFile(path.join(place.dir, 'keys', service, `${installation.database?.(service)}.logins.json`), 'utf8');
    found.push(...rows.map(({ what }) => `${service} ${what}`), ...(id in (JSON.parse(logins) as object) ? [`${service} password`] : []));
  }
  found.push(...(await keysOf(id)));
  const admin = createKafka({ ...installation.kafka, retries: 5 }).admin();
  await admin.connect();
  found.push(...(await admin.listTopics()).filter((topic) => topic.startsWith(`${place.prefix}heed.t.${id}.`)));
  await admin.disconnect();
  found.push(...(await readdir(place.dir)).filter((name) => name.endsWith(`-${id}`)));
  return found.map((trace) => trace.replaceAll(id, 'ID')).sort();
}

/** Rows in the keys database, and files of the key-encryption key. */
async function keysOf(id: string): Promise<readonly string[]> {
  const { access, database, kek } = installation.keys();
  const left = await tenantKeysLeft({ access, database, kek }, id);
  const files = await readdir(path.join(place.dir, 'kek'));
  return [...left, ...files.filter((name) => name.startsWith(`${id}.`))];
}

const stateOf = async (id: string): Promise<string | undefined> => (await listTenants(installation)).find((tenant) => tenant.id === id)?.state;
/** What the registry does when a tenant is closed, a promised time ago; and what such a tenant leaves behind in between. */
async function due(id: string): Promise<void> {
  await sql('subprocessor-registry', `UPDATE heed.tenant SET state = 'closing', drop_after = now() - interval '1 second' WHERE id = $1`, [id]);
  await sql('consent', `INSERT INTO heed.reminder (id, work, tenant, due_at) VALUES (gen_random_uuid(), 'w', $1, now())`, [id]);
  await sql('consent', `INSERT INTO heed.outbox (lane, topic, key, headers, value) VALUES (0, 't', 'k', jsonb_build_object('ce_tenantid', $1::text), '{}')`, [id]);
}

describe('a tenant', () => {
  it.each(CREATE)('that is made is made whole, though the command was killed after %s', async (point) => {
    const id = `made${CREATE.indexOf(point)}`;
    expect(await child('create', id, point).ended).toBe('SIGKILL');
    await createTenant(installation, { id, isolation: 'login' }, nothing);
    expect(await traces(id)).toEqual(await traces('other'));
    expect(await stateOf(id)).toBe('active');
  });

  it.each(DROP)('whose time has come leaves nothing but a tombstone, though the sweep was killed after %s', async (point) => {
    const id = `gone${DROP.indexOf(point)}`;
    const before = await traces('other');
    await createTenant(installation, { id, isolation: 'login' }, nothing);
    await due(id);
    expect(await child('sweep', '', point).ended).toBe('SIGKILL');
    await sweepTenants(installation, new Date(), nothing);
    expect(await traces(id)).toEqual([]);
    for (const service of TENANT_SERVICES) expect(await sql(service, 'SELECT state FROM heed.tenant WHERE id = $1', [id])).toEqual([{ state: 'dropped' }]);
    expect(await traces('other')).toEqual(before);
    for (const service of TENANT_SERVICES) expect(await sql(service, 'SELECT name FROM t_other.person')).toEqual([{ name: 'Ada' }]);
  });

  it('is made once by two commands at once, and dropped once by two sweeps at once', async () => {
    const making = [child('create', 'twin'), child('create', 'twin')];
    expect(await Promise.all(making.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(making.filter(({ lines }) => lines().includes('waits for another command: heed work on tenant twin'))).toHaveLength(1);
    expect(await traces('twin')).toEqual(await traces('other'));
    await due('twin');
    const sweeping = [child('sweep', ''), child('sweep', '')];
    expect(await Promise.all(sweeping.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(await traces('twin')).toEqual([]);
  });

  it('that is dropped takes its keys with it: another tenant\'s stay, and none is made again by whoever still runs', async () => {
    await createTenant(installation, { id: 'sealed', isolation: 'role' }, nothing);
    const clock = new VirtualClock();
    const { database, kek } = installation.keys();
    const url = new URL(place.adminUrl);
    [url.username, url.password, url.pathname] = [keysLogin(database, 'consent'), 'test', `/${database}`];
    const vault = (): FieldVault => new FieldVault({ service: 'consent', database: new Database({ url: url.href, keysDir: place.dir, clock }), kek, clock, cacheMs: 60_000, cacheSize: 100 });
    const running = vault();
    const [[mine], [others]] = await Promise.all([running.newKeys('sealed', 1), running.newKeys('other', 1)]);
    expect(await keysOf('sealed')).toContain(`1 rows in consent.intermediate_key (${database})`);
    await due('sealed');
    await sweepTenants(installation, new Date(), nothing);
    expect(await keysOf('sealed')).toEqual([]);
    const later = vault();
    await expect(later.keys('sealed', [mine?.id ?? ''])).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(running.newKeys('sealed', 100)).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(await keysOf('sealed')).toEqual([]);
    expect((await later.keys('other', [others?.id ?? ''])).size).toBe(1);
    await Promise.all([running.close(), later.close()]);
  });

  it('that was dropped is not made again under its id, and one that is being closed neither', async () => {
    await expect(createTenant(installation, { id: 'twin', isolation: 'role' }, nothing)).rejects.toMatchObject({ code: 'tenant_dropped' });
    await sql('subprocessor-registry', `UPDATE heed.tenant SET state = 'closing', drop_after = now() + interval '30 days' WHERE id = 'made0'`);
    await expect(createTenant(installation, { id: 'made0', isolation: 'login' }, nothing)).rejects.toMatchObject({ code: 'tenant_closing' });
    await expect(createTenant(installation, { id: 'Acme Ltd', isolation: 'role' }, nothing)).rejects.toMatchObject({ code: 'tenant_id_invalid' });
  });

  it('that is not due yet is left alone by a sweep', async () => {
    const before = await traces('made0');
    const { dropped, waiting } = await sweepTenants(installation, new Date(), nothing);
    expect([dropped, waiting.map(({ id }) => id)]).toEqual([[], ['made0']]);
    expect(await traces('made0')).toEqual(before);
    expect((await declaredTopics(['made0'], { prefix: place.prefix })).length).toBeGreaterThan(0);
  });

  it('is not called dropped while something of it is left: the sweep fails, names it, and drops the others all the same', async () => {
    for (const id of ['stuck', 'stuck-not']) {
      await createTenant(installation, { id, isolation: 'login' }, nothing);
      await due(id);
    }
    const left = async (id: string): Promise<readonly string[]> => (id === 'stuck' ? ['a key in the safe'] : []);
    const stubborn = { name: 'stubborn', make: async () => undefined, remove: async () => undefined, left };
    const broken = { ...installation, extras: [...installation.extras, stubborn] };
    await expect(sweepTenants(broken, new Date(), nothing)).rejects.toThrow('a key in the safe');
    expect([await stateOf('stuck'), await stateOf('stuck-not')]).toEqual(['closed', 'dropped']);
    await sweepTenants(installation, new Date(), nothing);
    expect(await stateOf('stuck')).toBe('dropped');
  });
});
