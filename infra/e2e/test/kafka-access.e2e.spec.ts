import { ALLOWED, byEmail, Heed, KafkaStranger, Population } from '@heed/e2e';
import { accessLeft, applyAccess, createKafka, kafkaUser, KafkaUsers } from '@heed/kafka';
import type { KafkaSettings } from '@heed/kafka';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REFUSED = /^(TOPIC|CLUSTER)_AUTHORIZATION_FAILED$/;
const A = 'ajuni';
const B = 'askasia';

let heed: Heed;
let admin: Admin;
/** From the broker's own lists, so that what is added tomorrow is asked about too. */
let topics: readonly string[];
let groups: readonly string[];
const guests: KafkaStranger[] = [];

beforeAll(async () => {
  heed = await Heed.start({ HEED_KAFKA_AUTH: 'scram' });
  admin = heed.kafka.admin();
  await admin.connect();
  topics = (await admin.listTopics()).sort();
  groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
});
afterAll(async () => {
  await Promise.all(guests.map((guest) => guest.leave()));
  await admin.disconnect();
  await heed.stop();
});

const settingsOf = (user: string): KafkaSettings => heed.system.context.kafka.as(user);
const platform = kafkaUser.platform;

async function guest(user: string): Promise<KafkaStranger> {
  const stranger = await KafkaStranger.arrive(settingsOf(user));
  guests.push(stranger);
  return stranger;
}

async function marketing(tenant: string, email: string): Promise<unknown> {
  return (await heed.store<{ marketing_email: boolean }>(tenant, 'crm', 'SELECT marketing_email FROM people WHERE email = $1', [email]))[0]?.marketing_email;
}

/** Everything that worked, as `action topic`. */
async function whatWorks(stranger: KafkaStranger): Promise<readonly string[]> {
  const worked: string[] = [];
  for (const topic of topics) {
    const attempts = Object.entries(stranger.onTopics).map(async ([action, attempt]) => {
      const outcome = await attempt(topic);
      if (outcome === ALLOWED) worked.push(`${action} ${topic}`);
      else expect(outcome, `${action} ${topic}`).toMatch(REFUSED);
    });
    await Promise.all(attempts);
    expect(await stranger.deleteTopic(topic), `delete ${topic}`).toBe('TOPIC_AUTHORIZATION_FAILED');
  }
  return worked.sort();
}

const seeing = (topic: string): readonly string[] => [`describe ${topic}`, `look at the offsets of ${topic}`];

describe('with logins, each program as a user of its own', () => {
  it('a withdrawal that the platform team publishes reaches the stores, its fact comes back, and the brokers had nothing to refuse', async () => {
    const [email = ''] = (await Population.settle(heed, A, 1)).emails;
    const team = await guest(platform(A));
    const headers = { ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/team', ce_type: 'heed.ingress.consent_withdrawn.v1', ce_time: new Date().toISOString() };
    await team.write(`heed.t.${A}.ingress.v1`, JSON.stringify({ subject: byEmail(email), purposes: ['marketing_email'] }), headers);
    await eventually(async () => expect(await marketing(A, email)).toBe(false), { timeoutMs: 60_000 });
    await eventually(async () => expect(await team.read(`heed.t.${A}.events.v1`)).toContain('heed.consent.withdrawn.v1'));
    expect(await team.read(`heed.t.${A}.consent-state.v1`)).not.toContain(email);
    await eventually(async () => expect(await team.transact(`${A}.batch`)).toBe(ALLOWED));
    const log = await readFile(heed.system.home.log('kafka'), 'utf8');
    expect(log.split('\n').filter((line) => line.includes('is Denied')).map((line) => line.replace(/.*Principal/, 'Principal'))).toEqual([]);
  });

  it('ASK-05: a platform team can do nothing with any topic but publish to its own ingress and read its own facts', async () => {
    const team = await guest(platform(A));
    expect(topics.filter((topic) => topic.startsWith(`heed.t.${B}.`)).length).toBeGreaterThanOrEqual(4);
    const [ingress, facts, state] = [`heed.t.${A}.ingress.v1`, `heed.t.${A}.events.v1`, `heed.t.${A}.consent-state.v1`];
    const expected = [...[ingress, facts, state].flatMap(seeing), `write ${ingress}`, `read ${facts}`, `read ${state}`].sort();
    expect(await whatWorks(team)).toEqual(expected);
    expect([...(await team.topics())].sort()).toEqual([ingress, facts, state].sort());
    const wanted = [`heed.t.${B}.more.v1`, `heed.t.${A}.more.v1`, `${A}.mine`];
    for (const topic of wanted) expect(await team.createTopic(topic)).toMatch(/AUTHORIZATION_FAILED/);
    const present = await admin.listTopics();
    expect(topics.filter((topic) => !present.includes(topic))).toEqual([]);
    expect(wanted.filter((topic) => present.includes(topic))).toEqual([]);
  });

  it('ASK-05: a platform team reaches no group of the other tenant, of services or of agents, and nobody’s transactions', async () => {
    const team = await guest(platform(A));
    expect(groups.filter((group) => group.startsWith(`heed.agent.${B}.`)).length).toBeGreaterThan(0);
    for (const group of [...groups, `${B}.reader`, `${A}2.reader`]) {
      for (const [action, attempt] of Object.entries(team.onGroups)) {
        expect(await attempt(group, `heed.t.${A}.events.v1`), `${action} ${group}`).toBe('GROUP_AUTHORIZATION_FAILED');
      }
    }
    for (const id of [`${B}.batch`, `heed.consent.relay`, `${A}2.batch`]) {
      expect(await team.transact(id)).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
    }
  });

  it('ASK-05: neither a platform team nor an agent nor a service reads or alters rights and users', async () => {
    for (const user of [platform(A), kafkaUser.agent(A), kafkaUser.service('consent')]) {
      const stranger = await guest(user);
      for (const [action, attempt] of Object.entries(stranger.onRights)) expect(await attempt(), `${user}: ${action}`).toBe('CLUSTER_AUTHORIZATION_FAILED');
      await expect(KafkaUsers.with(settingsOf(user), (users) => users.set(new Map([[platform(B), 'mine now']])))).rejects.toThrow('may it alter the cluster?');
    }
    expect(await accessLeft(heed.system.context.kafka.admin, B)).not.toEqual([]);
    expect(await applyAccess(heed.system.context.kafka.admin, heed.system.context.tenants.map(({ id }) => id), { secrets: heed.system.context.kafka.secrets })).toEqual({
      users: [], granted: 0, revoked: 0,
    });
  });

  it('ASK-05: an agent reads the commands of its own tenant and writes acknowledgements, and nothing else', async () => {
    const agent = await guest(kafkaUser.agent(A));
    const acks = ['consent', 'dsar', 'retention'].map((owner) => `heed.acks.${owner}.v1`);
    const [commands, dead] = [`heed.t.${A}.commands.v1`, `heed.t.${A}.commands.v1.dlq`];
    const expected = [...[commands, dead, ...acks].flatMap(seeing), `read ${commands}`, ...[dead, ...acks].map((topic) => `write ${topic}`)].sort();
    expect(await whatWorks(agent)).toEqual(expected);
    for (const group of [`heed.agent.${B}.store`, `heed.agent.${A}2.store`, 'heed.consent.acks']) {
      expect(await agent.onGroups['join']?.(group, commands)).toBe('GROUP_AUTHORIZATION_FAILED');
    }
  });

  it('a service reaches no tenant’s topics but those it works on', async () => {
    const seen = async (service: string) => (await (await guest(kafkaUser.service(service))).topics()).filter((topic) => topic.startsWith('heed.t.'));
    expect(await seen('notifications')).toEqual([]);
    expect(await seen('subprocessor-registry')).toEqual([]);
    const reads = async (service: string, topic: string) => (await guest(kafkaUser.service(service))).onTopics['read']?.(`heed.t.${A}.${topic}`);
    expect(await reads('consent', 'events.v1')).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(await reads('retention', 'ingress.v1')).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(await reads('notifications', 'commands.v1')).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  it('lets nobody in without a login or with a wrong password', async () => {
    const connecting = async (settings: KafkaSettings) => {
      const client = createKafka({ ...settings, retries: 1 }).admin();
      try {
        await client.connect();
        return await client.listTopics();
      } finally {
        await client.disconnect();
      }
    };
    const { brokers } = settingsOf(platform(A));
    await expect(connecting({ brokers, clientId: 'nobody' })).rejects.toThrow();
    const wrong = { mechanism: 'scram-sha-512', username: platform(A), password: 'guessed' } as const;
    await expect(connecting({ brokers, clientId: 'guesser', sasl: wrong })).rejects.toThrow('invalid credentials');
    await expect(connecting({ brokers, clientId: 'guesser', sasl: { ...wrong, username: platform('nobody') } })).rejects.toThrow('invalid credentials');
    await expect(connecting({ brokers, clientId: 'guesser', sasl: { ...wrong, mechanism: 'plain' } })).rejects.toThrow(/SASL mechanism/);
  });
});
