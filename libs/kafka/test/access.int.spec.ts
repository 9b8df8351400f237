import { accessLeft, applyAccess, applyTopics, createKafka, KafkaSecrets, KafkaUsers, removeAccess, rotateSecret } from '@heed/kafka';
import type { KafkaSettings } from '@heed/kafka';
import { eventually, startKafka } from '@heed/testing';
import type { EmbeddedKafka, KafkaSecurity } from '@heed/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const TENANTS = ['acme', 'acme2'];
const security: KafkaSecurity = { login: { admin: 'heed-admin', adminPassword: 'of the admin', controllerPassword: 'of the controller' } };

let dir: string;
let broker: EmbeddedKafka;
let secrets: KafkaSecrets;

const as = (username: string, password: string): KafkaSettings => ({
  brokers: [broker.brokers],
  clientId: username,
  sasl: { mechanism: 'scram-sha-512', username, password },
});
const admin = (): KafkaSettings => as('heed-admin', 'of the admin');
const user = (name: string): KafkaSettings => as(name, secrets.of(name));

/** The topics that a user is shown; a refused login throws. */
async function seenBy(settings: KafkaSettings): Promise<readonly string[]> {
  const client = createKafka({ ...settings, retries: 1 }).admin();
  try {
    await client.connect();
    return (await client.listTopics()).sort();
  } finally {
    await client.disconnect();
  }
}

const foreignRule = (principal: string, permissionType: number) => ({
  principal, permissionType, host: '*', operation: AclOperationTypes.READ,
  resourceType: AclResourceTypes.TOPIC, resourceName: 'heed.consent.events.v1', resourcePatternType: ResourcePatternTypes.LITERAL,
});

async function rights(principal: string): Promise<number> {
  const client = createKafka(admin()).admin();
  await client.connect();
  const any = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
  const { resources } = await client.describeAcls({ ...any, principal });
  await client.disconnect();
  return resources.flatMap(({ acls }) => acls).length;
}

async function grant(rule: ReturnType<typeof foreignRule>): Promise<void> {
  const client = createKafka(admin()).admin();
  await client.connect();
  await client.createAcls({ acl: [rule] });
  await client.disconnect();
  await eventually(async () => expect(await rights(rule.principal)).toBeGreaterThan(0));
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-access-'));
  secrets = new KafkaSecrets(path.join(dir, 'secrets'));
  // Made open, as by an earlier version: the same folder is closed by the next start.
  broker = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0 });
  await applyTopics(createKafka({ brokers: [broker.brokers], clientId: 'open' }), TENANTS);
  await broker.stop();
  broker = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0, security });
});
afterAll(async () => {
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('the access job', () => {
  it('makes users and rights, which count when it returns, and does nothing the second time', async () => {
    const first = await applyAccess(admin(), TENANTS, { secrets });
    expect(first.users).toEqual(expect.arrayContaining(['heed-consent', 'platform-acme', 'agent-acme2']));
    expect(await seenBy(user('platform-acme'))).toEqual(['heed.t.acme.consent-state.v1', 'heed.t.acme.events.v1', 'heed.t.acme.ingress.v1']);
    expect(await applyAccess(admin(), TENANTS, { secrets })).toEqual({ users: [], granted: 0, revoked: 0 });
  });

  it('revokes what its users may do beyond the declaration, and leaves what is forbidden and what is a stranger’s', async () => {
    await grant(foreignRule('User:platform-acme', AclPermissionTypes.ALLOW));
    await grant(foreignRule('User:agent-acme', AclPermissionTypes.DENY));
    await grant(foreignRule('User:stranger', AclPermissionTypes.ALLOW));
    expect(await seenBy(user('platform-acme'))).toContain('heed.consent.events.v1');
    const forbiddenBefore = await rights('User:agent-acme');
    expect(await applyAccess(admin(), TENANTS, { secrets })).toMatchObject({ granted: 0, revoked: 1 });
    expect(await seenBy(user('platform-acme'))).not.toContain('heed.consent.events.v1');
    expect([await rights('User:agent-acme'), await rights('User:stranger')]).toEqual([forbiddenBefore, 1]);
  });

  it('for one tenant leaves the rights to the others’ topics alone', async () => {
    const before = await rights('User:heed-consent');
    expect(await applyAccess(admin(), ['acme'], { secrets })).toMatchObject({ granted: 0, revoked: 0 });
    expect(await rights('User:heed-consent')).toBe(before);
  });

  it('two at once come to the same', async () => {
    await removeAccess(admin(), 'acme2', { secrets });
    await Promise.all([applyAccess(admin(), TENANTS, { secrets }), applyAccess(admin(), TENANTS, { secrets })]);
    expect(await seenBy(user('platform-acme2'))).toHaveLength(3);
    expect(await applyAccess(admin(), TENANTS, { secrets })).toEqual({ users: [], granted: 0, revoked: 0 });
  });

  it('gives another password: the former one is refused from then on', async () => {
    const former = user('agent-acme');
    expect(await seenBy(former)).not.toEqual([]);
    await rotateSecret(admin(), 'agent-acme', secrets);
    expect(await seenBy(user('agent-acme'))).not.toEqual([]);
    await expect(seenBy(former)).rejects.toThrow('invalid credentials');
  });

  it('ends a change of password that was killed halfway', async () => {
    const next = secrets.next('agent-acme'); // the brokers have not heard of it
    await expect(seenBy(as('agent-acme', next))).rejects.toThrow('invalid credentials');
    expect((await applyAccess(admin(), TENANTS, { secrets })).users).toEqual(['agent-acme']);
    expect(secrets.of('agent-acme')).toBe(next);
    expect(await seenBy(user('agent-acme'))).not.toEqual([]);
  });

  it('takes everything of a tenant away and nothing of the one whose id begins alike', async () => {
    const others = [await accessLeft(admin(), 'acme2', { secrets }), await rights('User:platform-acme2')];
    const [former, password] = ['platform-acme', secrets.of('platform-acme')];
    expect(await accessLeft(admin(), 'acme', { secrets })).not.toEqual([]);
    await removeAccess(admin(), 'acme', { secrets });
    await removeAccess(admin(), 'acme', { secrets });
    expect(await accessLeft(admin(), 'acme', { secrets })).toEqual([]);
    await expect(seenBy(as(former, password))).rejects.toThrow('invalid credentials');
    expect([await accessLeft(admin(), 'acme2', { secrets }), await rights('User:platform-acme2')]).toEqual(others);
  });

  it('is refused, with the reason, to whoever is no admin', async () => {
    await expect(applyAccess(as('heed-admin', 'wrong'), TENANTS, { secrets })).rejects.toThrow('the login of heed-admin was refused');
    await expect(applyAccess(user('platform-acme2'), TENANTS, { secrets })).rejects.toThrow('platform-acme2 work on its users');
    await expect(KafkaUsers.with(user('platform-acme2'), (users) => users.set(new Map([['heed-admin', 'mine']])))).rejects.toThrow('may it alter the cluster?');
    expect(await seenBy(admin())).not.toEqual([]);
  });
});

describe('the embedded broker', () => {
  it('lets nobody in without a login, over neither of its doors', async () => {
    await expect(seenBy({ brokers: [broker.brokers], clientId: 'nobody' })).rejects.toThrow();
    const controller = { brokers: [`127.0.0.1:${broker.controllerPort}`], clientId: 'nobody' };
    await expect(KafkaUsers.with(controller, (users) => users.set(new Map([['heed-admin', 'mine']])))).rejects.toThrow();
  });

  it('keeps users and rights through a kill and a restart, and takes the admin’s password of the present start', async () => {
    const before = await seenBy(user('platform-acme2'));
    await broker.kill();
    const other: KafkaSecurity = { login: { admin: 'heed-admin', adminPassword: 'another', controllerPassword: 'another too' } };
    broker = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0, security: other });
    expect(await seenBy(user('platform-acme2'))).toEqual(before);
    expect(await seenBy(as('heed-admin', 'another'))).not.toEqual([]);
    await expect(seenBy(as('heed-admin', 'of the admin'))).rejects.toThrow('invalid credentials');
  });
});
