import { STEP_UP_HEADER } from '@heed/auth';
import { generateAgentKeys, publicJwk } from '@heed/crypto';
import type { AgentKeys, KekProvider } from '@heed/crypto';
import { applyTopics, createKafka } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import type { Clock } from '@heed/kernel';
import { migrate } from '@heed/persistence';
import type { MigrationSet, Tenant } from '@heed/persistence';
import { describeService, startService } from '@heed/runtime';
import type { RunningService, ServiceDefinition } from '@heed/runtime';
import type { ServiceEnvironment } from '@heed/config';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { documentedFetch } from './documented-fetch.js';
import { freshTopicPrefix } from './fresh-topic-prefix.js';
import { sqlOn } from './sql-on.js';
import { testIssuer } from './test-issuer.js';
import type { TestIssuer, TestPrincipal } from './test-issuer.js';
import { TestKeys } from './test-keys.js';
import { testServers } from './test-servers.js';
import { guardedActOf, TestStepUps } from './test-step-ups.js';

const ORIGIN = 'http://127.0.0.1:9';

export interface ServiceBedOptions {
  readonly clock: Clock;
  /** Default: `ajuni` with isolation role, `askasia` with a login of its own. */
  readonly tenants?: readonly Tenant[];
  /** Where the tenants' key-encryption keys are made; default: files in the bed's folder, as its services are told. */
  readonly kek?: KekProvider;
}

/** Where services run in a spec file: topics of their own, databases of their own, an issuer, real Kafka and PostgreSQL. */
export class ServiceBed {
  private readonly running: RunningService[] = [];
  /** The keys database of this bed's services. */
  readonly keys: TestKeys;

  private constructor(
    readonly clock: Clock,
    readonly tenants: readonly Tenant[],
    readonly topicPrefix: string,
    readonly kafka: Kafka,
    readonly issuer: TestIssuer,
    readonly stepUps: TestStepUps,
    readonly keysDir: string,
    private readonly kek: KekProvider | undefined,
  ) {
    this.keys = new TestKeys(keysDir);
  }

  static async make(options: ServiceBedOptions): Promise<ServiceBed> {
    const tenants = options.tenants ?? [
      { id: 'ajuni', isolation: 'role' },
      { id: 'askasia', isolation: 'login' },
    ];
    const prefix = freshTopicPrefix();
    const kafka = createKafka({ brokers: [testServers().brokers], clientId: 'test' });
    await applyTopics(kafka, tenants.map((tenant) => tenant.id), { prefix });
    const keysDir = await mkdtemp(path.join(tmpdir(), 'heed-keys-'));
    const stepUps = await TestStepUps.start(options.clock, ORIGIN);
    return new ServiceBed(options.clock, tenants, prefix, kafka, await testIssuer(options.clock), stepUps, keysDir, options.kek);
  }

  /** Migrates a fresh database and starts the service in this process. */
  async start<S extends z.ZodType<ServiceEnvironment>>(
    definition: ServiceDefinition<S>,
    sets: readonly MigrationSet[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<StartedService> {
    const database = await this.migrated(definition.service, sets);
    return this.startOn(definition, database.adminUrl, {
      HEED_PORT: '0', HEED_DATABASE_URL: database.url, KAFKA_BROKERS: testServers().brokers, HEED_TOPIC_PREFIX: this.topicPrefix,
      HEED_ORIGIN: ORIGIN, HEED_ISSUER: this.issuer.url, HEED_REGISTRY_URL: this.stepUps.url, HEED_KEYS_DIR: this.keysDir, HEED_CLIENT_ID: 'test',
      HEED_CLIENT_SECRET: 'test', HEED_KEYS_DATABASE_URL: database.keysUrl, LOG_LEVEL: 'error', ...env,
    });
  }

  /** Ends a service, lets something happen to its database, and starts it there again. */
  async restart<S extends z.ZodType<ServiceEnvironment>>(definition: ServiceDefinition<S>, started: StartedService, meanwhile?: () => Promise<void>): Promise<StartedService> {
    this.running.splice(this.running.indexOf(started.service), 1);
    await started.service.stop();
    await meanwhile?.();
    return this.startOn(definition, started.databaseUrl, started.environment);
  }

  private async startOn<S extends z.ZodType<ServiceEnvironment>>(
    definition: ServiceDefinition<S>,
    adminUrl: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<StartedService> {
    const service = await startService({ ...definition, clock: this.clock }, environment);
    this.running.push(service);
    return new StartedService(service, `http://127.0.0.1:${service.port}`, adminUrl, this, documentedFetch(describeService(definition)), environment);
  }

  /** A fresh database with a service's tables and this bed's tenants, and its keys in this bed's keys database. */
  async migrated(service: string, sets: readonly MigrationSet[]): Promise<{ url: string; adminUrl: string; keysUrl: string }> {
    const database = `test_${service.replaceAll('-', '_')}_${randomBytes(4).toString('hex')}`;
    const admin = new URL(testServers().postgresUrl);
    const { tenants, keysDir } = this;
    await migrate({ service, database, adminUrl: admin.href, password: 'test', tenants, keysDir, sets, contract: true, progress: () => undefined });
    admin.pathname = `/${database}`;
    const url = new URL(admin);
    url.username = database;
    url.password = 'test';
    return { url: url.href, adminUrl: admin.href, keysUrl: await this.keys.migrated(service, tenants.map((tenant) => tenant.id), this.kek) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((service) => service.stop()));
    await this.issuer.stop();
    await this.stepUps.stop();
    await rm(this.keysDir, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** A service under test, as its callers see it. */
export class StartedService {
  constructor(
    readonly service: RunningService,
    readonly url: string,
    /** Superuser URL of its database: for looking, not for arranging. */
    readonly databaseUrl: string,
    private readonly bed: Pick<ServiceBed, 'issuer' | 'stepUps'>,
    /** Fails where the service does what its OpenAPI document does not say. */
    readonly fetch: ReturnType<typeof documentedFetch>,
    /** What it was started with. */
    readonly environment: Readonly<Record<string, string>> = {},
  ) {}

  /** Acts that need a step-up get a fresh one, unless the headers have one, or say that there is none by an empty one. */
  async call(
    method: 'GET' | 'POST',
    route: string,
    who: TestPrincipal,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await this.fetch(this.url + route, {
      method,
      headers: {
        authorization: `Bearer ${await this.bed.issuer.token(who)}`,
        ...(await this.stepUp(`${method} ${route}`, who)),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /[/+]json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as Record<string, unknown>) : { text };
    return { status: response.status, body: json, headers: response.headers };
  }

  private async stepUp(call: string, { tenant = '', sub = 'test' }: { tenant?: string; sub?: string }): Promise<Record<string, string>> {
    const guarded = guardedActOf(call);
    return guarded ? { [STEP_UP_HEADER]: await this.bed.stepUps.token({ tenant, subject: sub, ...guarded }) } : {};
  }

  sql<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return sqlOn<R>(this.databaseUrl, text, values);
  }
}

/** An agent's keys and the form in which a store registers them. */
export function testAgentKeys(): { keys: AgentKeys; agent: { signingKey: ReturnType<typeof publicJwk>; encryptionKey: ReturnType<typeof publicJwk> } } {
  const keys = generateAgentKeys();
  return { keys, agent: { signingKey: publicJwk(keys.signing), encryptionKey: publicJwk(keys.encryption) } };
}
