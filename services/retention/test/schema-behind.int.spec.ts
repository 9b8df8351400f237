import { createKafka } from '@heed/kafka';
import { systemClock } from '@heed/kernel';
import { Database, migrate, SchemaCheck } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { startService } from '@heed/runtime';
import type { RunningService } from '@heed/runtime';
import { eventually, ServiceBed, testServers } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retentionMigrations, retentionService } from '../src/index.js';

const LONG = { timeoutMs: 20_000 };
const older = retentionMigrations.filter((set) => set.name !== 'retention');

let bed: ServiceBed;
let database: { url: string; adminUrl: string; keysUrl: string };
let service: RunningService;
let admin: pg.Client;

/** A service of today on the database of yesterday. */
beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  database = await bed.migrated('behind', older);
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await waitingInTheOutbox('held');
  service = await startService(retentionService, {
    HEED_PORT: '0', HEED_DATABASE_URL: database.url, KAFKA_BROKERS: testServers().brokers, HEED_TOPIC_PREFIX: bed.topicPrefix,
    HEED_ORIGIN: 'http://127.0.0.1:9', HEED_ISSUER: bed.issuer.url, HEED_REGISTRY_URL: bed.stepUps.url, HEED_KEYS_DIR: bed.keysDir, HEED_KEYS_DATABASE_URL: database.keysUrl,
    HEED_CONSENT_URL: 'http://127.0.0.1:9', HEED_CLIENT_ID: 'test', HEED_CLIENT_SECRET: 'test', LOG_LEVEL: 'error',
  });
});
afterAll(async () => {
  await service.stop();
  await admin.end();
  await bed.stop();
});

async function waitingInTheOutbox(key: string): Promise<void> {
  const topic = `${bed.topicPrefix}heed.retention.events.v1`;
  await admin.query(`INSERT INTO heed.outbox (lane, topic, key, headers, value) VALUES (0, $1, $2, '{}', '{}')`, [topic, key]);
}
const waiting = async (): Promise<number | null> => (await admin.query('SELECT 1 FROM heed.outbox')).rowCount;

async function get(path: string): Promise<{ status: number; retryAfter: string | null; body: Record<string, unknown> }> {
  const token = await bed.issuer.token({ tenant: 'ajuni', roles: ['dpo'] });
  const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

async function members(): Promise<number> {
  const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' }).admin();
  await kafka.connect();
  try {
    const groups = (await kafka.listGroups()).groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(`${bed.topicPrefix}heed.retention.`));
    const described = groups.length === 0 ? [] : (await kafka.describeGroups(groups)).groups;
    return described.reduce((sum, group) => sum + group.members.length, 0);
  } finally {
    await kafka.disconnect();
  }
}

const bring = (sets: readonly MigrationSet[]): Promise<void> =>
  migrate({
    service: 'behind', database: new URL(database.adminUrl).pathname.slice(1), adminUrl: testServers().postgresUrl, password: 'test',
    tenants: bed.tenants, keysDir: bed.keysDir, sets, progress: () => undefined,
  });

it('a service whose schema is behind says what is behind and what to run, serves nothing and works on nothing', async () => {
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect((await get('/metrics')).status).toBe(200);
  const ready = await get('/readyz');
  expect(ready).toMatchObject({ status: 503, body: { code: 'not_ready' } });
  expect(ready.body['detail']).toBe('Not ready: schema (2 tenants (ajuni, askasia): run node services/retention/dist/migrate.js).');
  for (const path of ['/v1/holds', '/v1/schedules', '/v1/dispatches']) {
    expect(await get(path)).toMatchObject({ status: 503, retryAfter: '5', body: { code: 'schema_behind' } });
  }
  expect(await members()).toBe(0);
  expect(await waiting()).toBe(1);
});

it('begins by itself once the job has run, and works off what had waited', async () => {
  await bring(retentionMigrations);
  await eventually(async () => expect((await get('/v1/holds')).status).toBe(200), LONG);
  await eventually(async () => expect((await get('/readyz')).status).toBe(200), LONG);
  await eventually(async () => expect(await waiting()).toBe(0), LONG);
  expect(await members()).toBeGreaterThan(0);
});

it('stops where an older database is put in its place, and goes on when it is up to date again', async () => {
  await admin.query(`UPDATE heed.tenant SET applied = array_remove(applied, 'retention/0001_holds.sql') WHERE id = 'askasia'`);
  await eventually(async () => expect(await get('/v1/holds')).toMatchObject({ status: 503, body: { code: 'schema_behind' } }), LONG);
  expect((await get('/readyz')).body['detail']).toContain('1 tenant (askasia)');
  await eventually(async () => expect(await members()).toBe(0), LONG);
  await waitingInTheOutbox('held again');
  await bring(retentionMigrations);
  await eventually(async () => expect((await get('/readyz')).status).toBe(200), LONG);
  await eventually(async () => expect(await waiting()).toBe(0), LONG);
});

it('does not mind a database that is ahead', async () => {
  await admin.query(`INSERT INTO heed.migration (set, file, hash) VALUES ('persistence', '9999_tomorrow.sql', 'x')`);
  await admin.query(`UPDATE heed.tenant SET applied = applied || 'retention/9999_tomorrow.sql'::text`);
  const asTheService = new Database({ url: database.url, keysDir: bed.keysDir, clock: systemClock });
  try {
    expect(await new SchemaCheck(asTheService, retentionMigrations).behind()).toEqual([]);
  } finally {
    await asTheService.close();
  }
});
