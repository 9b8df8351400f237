import { STEP_UP_HEADER } from '@heed/auth';
import type { StepUpMethod } from '@heed/auth';
import { applyTopics, createKafka } from '@heed/kafka';
import { uuidv7 } from '@heed/kernel';
import { databaseName, migrate, persistenceMigrations } from '@heed/persistence';
import { describeService, startService } from '@heed/runtime';
import { databaseAt, documentedFetch, eventProbe, freshTopicPrefix, sqlOn, testIssuer, testServers, VirtualClock } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { issueOperatorCode, registryMigrations, registryService } from '../src/index.js';
import { StepUpSigner } from '../src/step-up/adapters/step-up-signer.js';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Who calls, and how; a tenant-admin where nothing is said. */
export interface Caller {
  readonly roles?: readonly string[];
  readonly sub?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where people's browsers find this Heed. */
export const ORIGIN = 'http://127.0.0.1:1';

export interface RegistryUnderTest {
  readonly clock: VirtualClock;
  readonly bus: EventProbe;
  get(tenant: string, path: string, as?: Caller): Promise<Answer>;
  post(tenant: string, path: string, body: unknown, as?: Caller): Promise<Answer>;
  /** What the operator's job does: a code for a first authenticator. */
  operatorCode(tenant: string, subject: string): Promise<string>;
  /** What a caller has after stepping up for an act: `admin`, on the whole tenant, by a hardware key, where nothing is said. */
  steppedUp(tenant: string, act: string, how?: { sub?: string; resource?: string; method?: StepUpMethod }): Promise<Readonly<Record<string, string>>>;
  /** As an administrator of the database: for looking. */
  sql<R extends object>(text: string): Promise<readonly R[]>;
  stop(): Promise<void>;
}

/** The service in this process on the run's real PostgreSQL and Kafka, with a database and topics of its own. */
export async function startRegistry(tenants: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RegistryUnderTest> {
  const clock = new VirtualClock('2026-11-21T10:00:00Z');
  const { postgresUrl, brokers } = testServers();
  const service = `subprocessor-registry-${randomBytes(4).toString('hex')}`;
  const keysDir = await mkdtemp(path.join(tmpdir(), 'heed-keys-'));
  const prefix = freshTopicPrefix();
  await migrate({
    service,
    adminUrl: postgresUrl,
    password: 'test',
    tenants: tenants.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })),
    keysDir,
    sets: [...persistenceMigrations, ...registryMigrations],
    progress: () => undefined,
  });
  await applyTopics(createKafka({ brokers: [brokers], clientId: 'test' }), tenants, { prefix });
  const issuer = await testIssuer(clock);
  const url = new URL(postgresUrl);
  url.username = databaseName(service);
  url.password = 'test';
  url.pathname = `/${databaseName(service)}`;
  const running = await startService(
    { ...registryService, clock },
    {
      HEED_PORT: '0',
      HEED_DATABASE_URL: url.href,
      KAFKA_BROKERS: brokers,
      HEED_TOPIC_PREFIX: prefix,
      HEED_ORIGIN: ORIGIN,
      HEED_ISSUER: issuer.url,
      HEED_KEYS_DIR: keysDir,
      HEED_CLIENT_ID: 'registry',
      HEED_CLIENT_SECRET: 'test',
      HEED_ACTIVATION_EVERY_MS: '50',
      LOG_LEVEL: 'warn',
      ...env,
    },
  );
  const bus = await eventProbe(prefix, ['heed.subprocessor-registry.events.v1', 'heed.dsar.events.v1.dlq']);
  const fetchDocumented = documentedFetch(describeService(registryService));
  const call = async (method: string, tenant: string, target: string, options: Caller & { body?: string }): Promise<Answer> => {
    const token = await issuer.token({ tenant, roles: options.roles ?? ['tenant-admin'], sub: options.sub ?? 'admin' });
    const response = await fetchDocumented(`http://127.0.0.1:${running.port}${target}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }), ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    clock,
    bus,
    get: (tenant, target, as = {}) => call('GET', tenant, target, as),
    post: (tenant, target, body, as = {}) => call('POST', tenant, target, { ...as, body: typeof body === 'string' ? body : JSON.stringify(body) }),
    operatorCode: (tenant, subject) => issueOperatorCode({ adminUrl: postgresUrl, database: databaseName(service), tenant, subject }),
    steppedUp: async (tenant, act, { sub = 'admin', resource = tenant, method = 'fido2_hardware' } = {}) => {
      const signer = await StepUpSigner.open(keysDir, ORIGIN, clock);
      const { token } = await signer.sign({ id: uuidv7(clock.now()), tenant, subject: sub, act, resource, method });
      return { [STEP_UP_HEADER]: token };
    },
    sql: <R extends object>(text: string) => sqlOn<R>(databaseAt(postgresUrl, databaseName(service)), text),
    stop: async () => {
      await bus.stop();
      await running.stop();
      await issuer.stop();
      await rm(keysDir, { recursive: true, force: true });
    },
  };
}
