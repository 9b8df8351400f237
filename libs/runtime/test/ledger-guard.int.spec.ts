import { applyTopics, createKafka } from '@heed/kafka';
import { systemClock } from '@heed/kernel';
import { persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { PlatformModule, serviceEnvironment, startService } from '@heed/runtime';
import type { RunningService, ServiceDefinition } from '@heed/runtime';
import { eventually, ServiceBed, startKafka, testServers } from '@heed/testing';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const LONG = { timeoutMs: 25_000 };

/** A service that has nothing but what every service has. */
class Plain {}
const plain: ServiceDefinition<typeof serviceEnvironment> = {
  service: 'retention',
  api: { title: 'Plain', description: 'Nothing of its own.' },
  environment: serviceEnvironment,
  migrations: persistenceMigrations,
  module: (platform) => ({ module: Plain, imports: [PlatformModule.of(platform)] }),
};

let bed: ServiceBed;
let server: pg.Client;
let url: URL;
let keysUrl: string;
let running: RunningService | undefined;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  server = new pg.Client({ connectionString: testServers().postgresUrl });
  await server.connect();
  const made = await bed.migrated('guarded', persistenceMigrations);
  url = new URL(made.url);
  keysUrl = made.keysUrl;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(async () => {
  await server.end();
  await bed.stop();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  running = await startService(plain, {
    HEED_PORT: '0', HEED_DATABASE_URL: url.href, KAFKA_BROKERS: testServers().brokers, HEED_TOPIC_PREFIX: bed.topicPrefix, HEED_ORIGIN: 'http://127.0.0.1:9',
    HEED_ISSUER: bed.issuer.url, HEED_REGISTRY_URL: bed.stepUps.url, HEED_KEYS_DIR: bed.keysDir, HEED_CLIENT_ID: 'test', HEED_CLIENT_SECRET: 'test',
    HEED_KEYS_DATABASE_URL: keysUrl, LOG_LEVEL: 'fatal', ...env,
  });
}
async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function get(route: string): Promise<Answered> {
  const token = await bed.issuer.token({ tenant: 'ajuni', roles: ['auditor'] });
  const answer = await fetch(`http://127.0.0.1:${running?.port}${route}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
const ready = (): Promise<unknown> => eventually(async () => expect(await get('/readyz')).toMatchObject({ status: 200 }), LONG);

/** Records, until Kafka has been told the checkpoint over them. */
async function record(count: number): Promise<void> {
  const unitOfWork = running?.app.get(UnitOfWork);
  await unitOfWork?.run('ajuni', async (tx) => {
    for (let n = 0; n < count; n += 1) tx.record({ kind: 'hold.placed', data: { n } });
  });
  await eventually(async () => {
    const { body } = await get('/v1/ledger/retention');
    expect(String(body['checkpoint'])).toContain(`\n${String(body['size'])}\n`);
  }, LONG);
  const data = await own();
  await eventually(async () => expect((await data.query('SELECT 1 FROM heed.outbox')).rowCount).toBe(0), LONG);
  await data.end();
}

async function own(): Promise<pg.Client> {
  const admin = new URL(testServers().postgresUrl);
  admin.pathname = url.pathname;
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  return client;
}

const name = (): string => url.pathname.slice(1);
/** A copy of the service's database as it is now; its login finds it under the same name when it is put in the other's place. */
async function copy(): Promise<string> {
  const made = `test_copy_${randomBytes(4).toString('hex')}`;
  await server.query(`CREATE DATABASE ${made} TEMPLATE ${name()}`);
  return made;
}
async function putInPlace(other: string): Promise<void> {
  const away = `${other}_before`;
  await server.query(`ALTER DATABASE ${name()} ALLOW_CONNECTIONS false`);
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name()]);
  await eventually(() => server.query(`ALTER DATABASE ${name()} RENAME TO ${away}`));
  await server.query(`ALTER DATABASE ${other} RENAME TO ${name()}`);
  await server.query(`REVOKE ALL ON DATABASE ${name()} FROM PUBLIC; GRANT CONNECT ON DATABASE ${name()} TO ${name()}, ${name()}_tenants`);
}

it('a service whose database was restored from an older copy serves nothing and works on nothing, and says what to run', async () => {
  await start();
  await ready();
  await record(3);
  await stop();
  const older = await copy();
  await start();
  await ready();
  await record(2);
  await stop();
  await putInPlace(older);

  await start();
  const reason = 'the database of retention is older than what it has signed: ajuni has 3 records of 5: run heed recover retention';
  await eventually(async () => expect((await get('/readyz')).body['detail']).toBe(`Not ready: ledger (${reason}).`), LONG);
  expect(await get('/v1/ledger/retention')).toMatchObject({ status: 503, body: { code: 'ledger_behind', detail: expect.stringContaining(reason) as string } });
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  const data = await own();
  await data.query(`INSERT INTO t_ajuni.ledger_entry (id, kind, data) VALUES (gen_random_uuid(), 'after.restore', '{}')`);
  await data.query(`INSERT INTO heed.outbox (lane, topic, key, headers, value) VALUES (0, $1, 'k', '{}', '{}')`, [`${bed.topicPrefix}heed.retention.events.v1`]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect((await data.query<{ size: string }>('SELECT size FROM t_ajuni.ledger_head')).rows).toEqual([{ size: '3' }]);
  expect((await data.query('SELECT 1 FROM heed.outbox')).rowCount).toBe(1);
  await data.query('DELETE FROM heed.outbox');
  await data.end();
});

it('a service stays closed on a ledger of the right length that holds something else', async () => {
  const data = await own();
  await data.query(`INSERT INTO t_ajuni.ledger_entry (id, kind, data) SELECT gen_random_uuid(), 'made.up', '{}' FROM generate_series(1, 3)`);
  await data.end();
  await start({ HEED_TOPIC_PREFIX: await anotherPrefix() }); // where nobody knows better, it goes on to 7
  await ready();
  await eventually(async () => expect((await get('/v1/ledger/retention')).body['size']).toBe(7), LONG);
  await stop();
  await start();
  await eventually(async () => expect((await get('/readyz')).body['detail']).toContain('ajuni has others among its first 5 records than were signed'), LONG);
});

it('a running service notices when an older database is put beneath it, and opens by itself when the right one is back', async () => {
  const made = await bed.migrated('swapped', persistenceMigrations);
  const prefix = await anotherPrefix();
  url = new URL(made.url);
  await start({ HEED_TOPIC_PREFIX: prefix });
  await ready();
  await record(2);
  const older = await copyWhileRunning();
  await record(4);
  await putInPlace(older);
  await eventually(async () => expect(await get('/v1/ledger/retention')).toMatchObject({ status: 503, body: { code: 'ledger_behind' } }), LONG);
  expect((await get('/readyz')).body['detail']).toContain('ajuni has 2 records of 6');
  const right = `${older}_before`;
  await server.query(`ALTER DATABASE ${right} ALLOW_CONNECTIONS true`);
  await putInPlace(right);
  await ready();
  expect(await get('/v1/ledger/retention')).toMatchObject({ status: 200, body: { size: 6 } });
}, 90_000);

it('a service that lost the key of its ledgers stays closed, for it cannot tell its own checkpoints', async () => {
  const made = await bed.migrated('keyless', persistenceMigrations);
  const prefix = await anotherPrefix();
  url = new URL(made.url);
  await start({ HEED_TOPIC_PREFIX: prefix });
  await ready();
  await record(1);
  await stop();
  const keysDir = await mkdtemp(path.join(tmpdir(), 'heed-other-keys-'));
  await cp(bed.keysDir, keysDir, { recursive: true });
  await rm(path.join(keysDir, 'ledger.json'));
  await start({ HEED_TOPIC_PREFIX: prefix, HEED_KEYS_DIR: keysDir });
  const reason = 'Kafka has checkpoints that the key of retention did not sign (ajuni): put its ledger.json back';
  await eventually(async () => expect((await get('/readyz')).body['detail']).toBe(`Not ready: ledger (${reason}).`), LONG);
  expect(await get('/v1/ledger/retention')).toMatchObject({ status: 503, body: { code: 'ledger_key_unknown' } });
  await rm(keysDir, { recursive: true });
});

it('a service waits for a Kafka that is away when it starts, and then begins by itself', async () => {
  const [port, controllerPort] = await Promise.all([freePort(), freePort()]);
  await start({ KAFKA_BROKERS: `127.0.0.1:${port}`, HEED_TOPIC_PREFIX: 'later.' });
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { detail: 'Not ready: ledger (Kafka has not told the newest checkpoints yet).' } });
  expect(await get('/v1/ledger/retention')).toMatchObject({ status: 503, body: { code: 'not_ready' } });
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-late-kafka-'));
  const kafka = await startKafka({ dir, port, controllerPort });
  try {
    await applyTopics(createKafka({ brokers: [`127.0.0.1:${port}`], clientId: 'test' }), ['ajuni', 'askasia'], { prefix: 'later.' });
    await ready();
  } finally {
    await stop();
    await kafka.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 90_000);

async function anotherPrefix(): Promise<string> {
  const prefix = `t${randomBytes(5).toString('hex')}.`;
  await applyTopics(bed.kafka, ['ajuni', 'askasia'], { prefix });
  return prefix;
}

/** A template may have no sessions: they are ended, and the service makes new ones. */
async function copyWhileRunning(): Promise<string> {
  return eventually(async () => {
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name()]);
    return copy();
  }, { ...LONG, everyMs: 1 });
}

async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
