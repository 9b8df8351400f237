import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { applyTopics, createKafka } from '@heed/kafka';
import { newEvent } from '@heed/kernel';
import { databaseName, migrate, tenantSchema } from '@heed/persistence';
import { loadSamplePack, packHash } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { describeService, startService } from '@heed/runtime';
import type { RunningService } from '@heed/runtime';
import { documentedFetch, eventProbe, eventually, freshTopicPrefix, testIssuer, TestKeys, testServers, VirtualClock } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { notificationsMigrations, notificationsService } from '../src/index.js';
import { startConsentPeer } from './consent-peer.js';
import type { ConsentPeer } from './consent-peer.js';
import { startSmtpPeer } from './smtp-peer.js';
import type { SmtpPeer } from './smtp-peer.js';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface NotificationsUnderTest {
  readonly clock: VirtualClock;
  /** What a process of the service is started with. */
  readonly environment: Readonly<Record<string, string>>;
  start(): Promise<void>;
  readonly bus: EventProbe;
  readonly smtp: SmtpPeer;
  readonly consent: ConsentPeer;
  get(tenant: string, path: string): Promise<Answer>;
  post(tenant: string, path: string, body: unknown): Promise<Answer>;
  /** As superuser, in the tenant's schema: to look at what is stored, and to leave what a dead process leaves. */
  sql(tenant: string, text: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** The service in this process on real PostgreSQL, Kafka and SMTP, with every tenant's sample pack in force. */
export async function startNotifications(tenants: readonly SampleTenant[]): Promise<NotificationsUnderTest> {
  const system = await prepareNotifications(tenants, new VirtualClock('2026-11-21T10:00:00Z'));
  await system.start();
  // Mail that is wanted before its tenant's policy has arrived waits by the clock, and this clock does not move by itself.
  for (const tenant of tenants) {
    await eventually(async () => expect(await system.sql(tenant, 'SELECT 1 FROM {t}.policy_version')).toHaveLength(1));
  }
  return system;
}

/** Everything but the service itself, for specs that start it as a process first. */
export async function prepareNotifications(tenants: readonly SampleTenant[], clock: VirtualClock): Promise<NotificationsUnderTest> {
  const { postgresUrl, brokers } = testServers();
  const service = `notifications-${randomBytes(4).toString('hex')}`;
  const keysDir = await mkdtemp(path.join(tmpdir(), 'heed-keys-'));
  const prefix = freshTopicPrefix();
  await migrate({
    service,
    adminUrl: postgresUrl,
    password: 'test',
    tenants: tenants.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })),
    keysDir,
    sets: notificationsMigrations,
    progress: () => undefined,
  });
  await applyTopics(createKafka({ brokers: [brokers], clientId: 'test' }), tenants, { prefix });
  const [issuer, smtp, consent] = await Promise.all([testIssuer(clock), startSmtpPeer(), startConsentPeer()]);
  const url = new URL(postgresUrl);
  url.pathname = `/${databaseName(service)}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  url.username = databaseName(service);
  url.password = 'test';
  const environment = {
    HEED_PORT: '0',
    HEED_DATABASE_URL: url.href,
    KAFKA_BROKERS: brokers,
    HEED_TOPIC_PREFIX: prefix,
    HEED_ORIGIN: 'http://127.0.0.1:4100',
    HEED_ISSUER: issuer.url,
    HEED_KEYS_DIR: keysDir,
    HEED_KEYS_DATABASE_URL: await new TestKeys(keysDir).migrated('notifications', tenants),
    HEED_CLIENT_ID: 'notifications',
    HEED_CLIENT_SECRET: 'test',
    HEED_CONSENT_URL: consent.url,
    SMTP_URL: smtp.url,
    HEED_SEND_EVERY_MS: '30',
    LOG_LEVEL: 'error',
  };
  let running: RunningService | undefined;
  const bus = await eventProbe(prefix, ['heed.notifications.events.v1']);
  for (const tenant of tenants) {
    const pack = loadSamplePack(tenant);
    const data = { version: 1, hash: packHash(pack), effectiveFrom: clock.now().toISOString(), pack: { ...pack } };
    await bus.publish(newEvent(policyActivated, { source: '/heed/subprocessor-registry', tenant, key: tenant, data, clock }));
  }
  const fetchDocumented = documentedFetch(describeService(notificationsService));
  const call = async (method: string, tenant: string, target: string, body?: unknown): Promise<Answer> => {
    const token = await issuer.token({ tenant, roles: ['tenant-admin'] });
    const response = await fetchDocumented(`http://127.0.0.1:${running?.port}${target}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    clock,
    environment,
    start: async () => {
      running = await startService({ ...notificationsService, clock }, environment);
    },
    bus,
    smtp,
    consent,
    get: (tenant, target) => call('GET', tenant, target),
    post: (tenant, target, body) => call('POST', tenant, target, body),
    sql: async (tenant, text) => (await admin.query<Record<string, unknown>>(text.replaceAll('{t}', tenantSchema(tenant)))).rows,
    stop: async () => {
      await admin.end();
      await bus.stop();
      await running?.stop();
      await Promise.all([issuer.stop(), smtp.stop(), consent.stop()]);
      await rm(keysDir, { recursive: true, force: true });
    },
  };
}
