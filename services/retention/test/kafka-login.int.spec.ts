import { applyAccess, applyTopics, createKafka, KafkaSecrets, kafkaUser } from '@heed/kafka';
import type { KafkaSettings } from '@heed/kafka';
import { systemClock } from '@heed/kernel';
import { eventually, ServiceBed, startKafka } from '@heed/testing';
import type { EmbeddedKafka } from '@heed/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retentionMigrations, retentionService } from '../src/index.js';

const PATIENT = { timeoutMs: 40_000, everyMs: 200 };
let dir: string;
let broker: EmbeddedKafka;
let bed: ServiceBed;
let user: string;
let secrets: KafkaSecrets;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-login-'));
  secrets = new KafkaSecrets(path.join(dir, 'secrets'));
  bed = await ServiceBed.make({ clock: systemClock });
  const login = { admin: kafkaUser.admin, adminPassword: 'of the admin', controllerPassword: 'another' };
  broker = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0, security: { login } });
  const admin: KafkaSettings = { brokers: [broker.brokers], clientId: 'test', sasl: { mechanism: 'scram-sha-512', username: login.admin, password: login.adminPassword } };
  const tenants = bed.tenants.map(({ id }) => id);
  const { topicPrefix: prefix } = bed;
  await applyTopics(createKafka(admin), tenants, { prefix });
  await applyAccess(admin, tenants, { prefix, secrets });
  user = prefix + kafkaUser.service('retention');
});
afterAll(async () => {
  await bed.stop();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

async function readiness(password: string): Promise<() => Promise<{ status: number; detail: string }>> {
  const env = { HEED_CONSENT_URL: 'http://127.0.0.1:9', KAFKA_BROKERS: broker.brokers, KAFKA_USERNAME: user, KAFKA_PASSWORD: password, LOG_LEVEL: 'fatal' };
  const { url } = await bed.start(retentionService, retentionMigrations, env);
  return async () => {
    const answer = await fetch(`${url}/readyz`);
    return { status: answer.status, detail: String(((await answer.json()) as { detail?: string }).detail) };
  };
}

it('a service with a wrong password serves no traffic, says why, and lives', async () => {
  const ready = await readiness('wrong');
  await eventually(async () => {
    const { status, detail } = await ready();
    expect(status).toBe(503);
    expect(detail).toContain(`kafka (the login of ${user} was refused: check KAFKA_USERNAME and KAFKA_PASSWORD).`);
  }, PATIENT);
});

it('with its own password it joins its groups, under a prefix of the installation too', async () => {
  const ready = await readiness(secrets.of(user));
  await eventually(async () => expect(await ready()).toMatchObject({ status: 200 }), PATIENT);
});
