import { sealAnswer } from '@heed/contracts-consent';
import { cloudEventHeaders, derivedId, newEvent } from '@heed/kernel';
import { mapActivated, mapProposed, policyActivated } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { acknowledged, withdrawalCommand } from '@heed/contracts-fanout';
import type { AcknowledgementBody, ConsentCommand } from '@heed/contracts-fanout';
import { openEnvelope, signBody } from '@heed/crypto';
import type { AgentKeys } from '@heed/crypto';
import { Publisher } from '@heed/kafka';
import { loadSamplePack, packHash } from '@heed/policy';
import { eventually, ServiceBed, testAgentKeys, VirtualClock } from '@heed/testing';
import type { StartedService } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consentMigrations, consentService } from '../src/index.js';

const PLATFORM = { tenant: 'ajuni', roles: ['platform', 'dpo'] };
const clock = new VirtualClock('2026-11-21T10:00:00Z');
const ada = (): { identifiers: { type: string; value: string }[] } => ({ identifiers: [{ type: 'email', value: `${randomUUID()}@example.com` }] });

let bed: ServiceBed;
let consent: StartedService;
let publisher: Publisher;
let agent: ReturnType<typeof testAgentKeys>;
const commands: ConsentCommand[] = [];

function sqlStore(id: string, purpose: string): DataStore {
  return {
    id, title: id, kind: 'postgres', agent: agent.agent, maxBackupAge: 'P35D',
    map: {
      tables: [{ table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [{ column: 'email', category: 'contact' }], onErasure: 'erase' }],
      purposes: { [purpose]: { table: 'people', column: 'allowed', on: true, off: false } },
    },
  };
}

async function publish(made: ReturnType<typeof newEvent>): Promise<void> {
  const value = JSON.stringify(made.event.data);
  await publisher.publish(made.topics.map((topic) => ({ topic: bed.topicPrefix + topic, key: made.event.key, value, headers: cloudEventHeaders(made.event) })));
}

async function prepareTenant(tenant: 'ajuni' | 'askasia'): Promise<void> {
  const pack = loadSamplePack(tenant);
  const source = { source: '/heed/subprocessor-registry', tenant, key: tenant, clock };
  const data = { version: 1, hash: packHash(pack), effectiveFrom: clock.now().toISOString(), pack: pack as unknown as Record<string, unknown> };
  await publish(newEvent(policyActivated, { ...source, data }));
  await publish(newEvent(mapProposed, { ...source, data: { mapVersion: 1, stores: [sqlStore('crm', 'marketing_email'), sqlStore('telemetry', 'analytics')] } }));
  await publish(newEvent(mapActivated, { ...source, data: { mapVersion: 1 } }));
}

async function acknowledge(command: ConsentCommand, dataStore: string, keys: AgentKeys): Promise<void> {
  const body: AcknowledgementBody = {
    tenant: 'ajuni', dispatchId: command.dispatchId, owner: 'consent', dataStore, ref: command.ref, version: command.version,
    commandId: randomUUID(), outcome: 'done', assurance: 'applied', rows: 1, residue: 0, tables: [{ table: 'people', rows: 1, residue: 0, kept: [] }],
    reason: null, alreadyErased: false, journalPosition: 1, completedAt: clock.now().toISOString(),
  };
  const data = { body, proof: signBody(body, keys.signing) };
  await publish(newEvent(acknowledged, { source: '/heed/agent', tenant: 'ajuni', key: command.ref, clock, owner: 'consent', data }));
}

const commandFor = (dispatchId: unknown): Promise<ConsentCommand> =>
  eventually(() => commands.find((command) => command.dispatchId === dispatchId) ?? false, { timeoutMs: 20_000 });

beforeAll(async () => {
  agent = testAgentKeys();
  bed = await ServiceBed.make({ clock });
  consent = await bed.start(consentService, consentMigrations);
  publisher = new Publisher(bed.kafka);
  await publisher.connect();
  const consumer = bed.kafka.consumer({ groupId: `${bed.topicPrefix}spy`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: `${bed.topicPrefix}heed.t.ajuni.commands.v1`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      commands.push(withdrawalCommand.data.parse(JSON.parse(String(message.value))));
    },
  });
  await prepareTenant('ajuni');
  await prepareTenant('askasia');
  for (const tenant of ['ajuni', 'askasia'] as const) {
    await eventually(async () => expect((await consent.call('POST', '/v1/withdrawals', { tenant, roles: ['platform'] }, { subject: ada(), purposes: 'all' })).status).toBe(202), { timeoutMs: 30_000 });
  }
  return async () => {
    await consumer.disconnect();
    await publisher.disconnect();
    await bed.stop();
  };
});
afterAll(() => undefined);

describe('a withdrawal', () => {
  it('AJU-18: is denied by the check from the moment it was answered, and reaches exactly the stores that use the purpose', async () => {
    const subject = ada();
    const given = await consent.call('POST', '/v1/consents', PLATFORM, { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    expect(given.status).toBe(201);
    const check = () => consent.call('POST', '/v1/consents/check', PLATFORM, { subject, purpose: 'marketing_email' });
    expect((await check()).body).toMatchObject({ allowed: true, basis: 'consent', reason: 'given' });

    const withdrawn = await consent.call('POST', '/v1/withdrawals', PLATFORM, { subject, purposes: ['marketing_email'], channel: 'api' });
    expect(withdrawn.status).toBe(202);
    expect((await check()).body).toMatchObject({ allowed: false, reason: 'withdrawn' });

    const command = await commandFor(withdrawn.body['dispatchId']);
    expect(command.targets).toEqual(['crm']);
    const opened = openEnvelope(command.sealed, { store: 'crm', privateKey: agent.keys.encryption, aad: `ajuni|${command.dispatchId}` });
    expect(opened.identifiers).toEqual(subject.identifiers);
    expect(() => openEnvelope(command.sealed, { store: 'crm', privateKey: testAgentKeys().keys.encryption, aad: `ajuni|${command.dispatchId}` })).toThrow(expect.objectContaining({ code: 'envelope_unreadable' }));

    await acknowledge(command, 'crm', agent.keys);
    await eventually(async () => {
      const dispatch = await consent.call('GET', `/v1/dispatches/${command.dispatchId}`, PLATFORM);
      expect(dispatch.body).toMatchObject({
        state: 'done', kind: 'withdrawal', targets: [{ dataStore: 'crm', state: 'done', rows: 1, residue: 0 }],
        notTargets: [{ dataStore: 'telemetry', reason: 'purpose_not_used' }],
      });
    });
  });

  it('an acknowledgement signed by another key is refused and recorded, and the target stays open', async () => {
    const withdrawn = await consent.call('POST', '/v1/withdrawals', PLATFORM, { subject: ada(), purposes: ['analytics'] });
    const command = await commandFor(withdrawn.body['dispatchId']);
    await acknowledge(command, 'telemetry', testAgentKeys().keys);
    await eventually(async () => {
      const rows = await consent.sql('SELECT reason FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [command.dispatchId]);
      expect(rows).toEqual([{ reason: 'key_of_another' }]);
    });
    const dispatch = await consent.call('GET', `/v1/dispatches/${command.dispatchId}`, PLATFORM);
    expect(dispatch.body).toMatchObject({ state: 'in_progress', targets: [{ dataStore: 'telemetry', state: 'pending' }] });
  });

  it('a grant that happened before the withdrawal and arrives later does not undo it, whatever the publisher clock says', async () => {
    const subject = ada();
    await consent.call('POST', '/v1/withdrawals', PLATFORM, { subject, purposes: ['marketing_email'] });
    const late = await consent.call('POST', '/v1/consents', PLATFORM, {
      subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T09:59:00Z',
    });
    expect(late.body).toMatchObject({ records: [{ state: 'withdrawn' }], dispatchIds: [] });
    await consent.call('POST', '/v1/consents', PLATFORM, {
      subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }], occurredAt: '2026-11-21T12:00:00Z',
    });
    expect((await consent.call('POST', '/v1/consents/check', PLATFORM, { subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: false });
  });
});

describe('decisions', () => {
  it('AJU-15: one purpose may be agreed to and another refused', async () => {
    const subject = ada();
    const decisions = [
      { purpose: 'analytics', decision: 'given' },
      { purpose: 'marketing_email', decision: 'refused' },
    ];
    expect((await consent.call('POST', '/v1/consents', PLATFORM, { subject, decisions })).status).toBe(201);
    const checks = ['analytics', 'marketing_email'].map((purpose) => ({ subject, purpose }));
    const answer = await consent.call('POST', '/v1/consents/check', PLATFORM, { checks });
    expect(answer.body['checks']).toMatchObject([{ allowed: true }, { allowed: false, reason: 'refused' }]);
  });

  it('AJU-03: granting sale of data is refused with the promise, and the attempt is evidence', async () => {
    const subject = ada();
    const before = await consent.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`);
    const answer = await consent.call('POST', '/v1/consents', PLATFORM, { subject, decisions: [{ purpose: 'sale', decision: 'given' }] });
    expect(answer).toMatchObject({ status: 422, body: { code: 'purpose_denied', promise: 'AJU-03' } });
    expect(await consent.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`)).toHaveLength(before.length + 1);
    expect((await consent.call('POST', '/v1/consents/check', PLATFORM, { subject, purpose: 'sale' })).body).toMatchObject({ allowed: false, promise: 'AJU-03' });
  });

  it('ten at once about one new person make one person and ten versions', async () => {
    const subject = ada();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => consent.call('POST', '/v1/withdrawals', PLATFORM, { subject, purposes: ['analytics'] })),
    );
    expect(new Set(answers.map((a) => a.body['ref'])).size).toBe(1);
    expect(new Set(answers.map((a) => a.body['dispatchId'])).size).toBe(10);
    const person = await consent.call('GET', `/v1/subjects/${String(answers[0]?.body['ref'])}`, PLATFORM);
    expect(person.body).toMatchObject({ version: 10, identifiers: [{ type: 'email' }] });
  });

  it('the same Idempotency-Key does nothing twice, and takes no other body', async () => {
    const subject = ada();
    const headers = { 'idempotency-key': randomUUID() };
    const call = (purposes: string[]) => consent.call('POST', '/v1/withdrawals', PLATFORM, { subject, purposes }, headers);
    const both = await Promise.all([call(['analytics']), call(['analytics'])]);
    expect(both[0]?.body).toEqual(both[1]?.body);
    expect(await call(['marketing_email'])).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const history = await consent.call('GET', `/v1/consents?ref=${String(both[0]?.body['ref'])}`, PLATFORM);
    expect(history.body['items']).toHaveLength(1);
  });

  it('a call that is refused leaves its neighbours in the batch alone', async () => {
    const bodies = [...Array(8).keys()].map((i) => ({ subject: ada(), purposes: [i === 3 ? 'no_such_purpose' : 'analytics'] }));
    const answers = await Promise.all(bodies.map((body) => consent.call('POST', '/v1/withdrawals', PLATFORM, body)));
    expect(answers.map((a) => a.status)).toEqual([202, 202, 202, 422, 202, 202, 202, 202]);
  });
});

describe('ingress', () => {
  async function ingress(value: string, headers: Record<string, string>): Promise<void> {
    await publisher.publish([{ topic: `${bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: null, value, headers }]);
  }
  const headers = (type: string, id: string): Record<string, string> => ({
    ce_specversion: '1.0', ce_id: id, ce_source: '/shop', ce_type: type, ce_time: '2026-11-21T09:00:00Z', 'content-type': 'application/json',
  });

  it('a withdrawal from any Kafka client counts once however often it is delivered, and poison beside it is dead-lettered with the reason', async () => {
    const subject = ada();
    const id = randomUUID();
    const good = JSON.stringify({ subject, purposes: ['marketing_email'] });
    const type = 'heed.ingress.consent_withdrawn.v1';
    await ingress(good, headers(type, id));
    await ingress('{"broken', headers(type, randomUUID()));
    await ingress('{}', headers('heed.ingress.unheard_of.v1', randomUUID()));
    await ingress('{"subject":{"identifiers":[]},"purposes":["x"]}', headers(type, randomUUID()));
    await ingress(JSON.stringify({ subject, purposes: 'all', channel: 'x'.repeat(300_000) }), headers(type, randomUUID()));
    await ingress(good, { ...headers(type, randomUUID()), ce_tenantid: 'askasia' });
    await ingress(good, headers(type, id));

    const dead: string[] = [];
    const consumer = bed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: `${bed.topicPrefix}heed.t.ajuni.ingress.v1.dlq`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        expect(String(message.value)).not.toContain('example.com');
        dead.push(String(message.headers?.['heed_dlq_code']));
      },
    });
    await eventually(() => expect(dead.sort()).toEqual(['json_malformed', 'oversize', 'schema_violation', 'tenant_mismatch', 'type_unknown']), { timeoutMs: 20_000 });
    await consumer.disconnect();

    const check = await consent.call('POST', '/v1/consents/check', PLATFORM, { subject, purpose: 'marketing_email' });
    expect(check.body).toMatchObject({ allowed: false, reason: 'withdrawn' });
    const records = await consent.sql('SELECT count(*)::int AS n FROM t_ajuni.dispatch WHERE cause->>\'id\' = $1', [derivedId('ajuni', '/shop', id)]);
    expect(records).toEqual([{ n: 1 }]);
  });
});

describe('what only services may ask', () => {
  const SERVICE = { roles: ['service'] };
  const inAjuni = { 'x-heed-tenant': 'ajuni' };
  const resolve = async (identifiers: { type: string; value: string }[]): Promise<{ ref: string; aliases: string[] }> => {
    const answer = await consent.call('POST', '/internal/resolve', SERVICE, { people: [{ identifiers }] }, inAjuni);
    return (answer.body['people'] as { ref: string; aliases: string[] }[])[0]!;
  };

  it('a person known under two refs is sealed with the identifiers of both', async () => {
    const [one, other] = [ada().identifiers[0]!, { type: 'user_id', value: randomUUID() }];
    const first = await resolve([one]);
    const second = await resolve([other]);
    const both = await resolve([one, other]);
    expect(both).toEqual({ ref: first.ref, aliases: [second.ref] });
    const dispatchId = `dsr_${randomUUID()}`;
    const dispatches = [{ dispatchId, ...both, stores: ['crm'] }];
    const answer = await consent.call('POST', '/internal/seal', SERVICE, { dispatches }, inAjuni);
    const { sealed } = sealAnswer.parse(answer.body).dispatches[0]!;
    const opened = openEnvelope(sealed!, { store: 'crm', privateKey: agent.keys.encryption, aad: `ajuni|${dispatchId}` });
    expect(opened.identifiers).toEqual(expect.arrayContaining([one, other]));
  });

  it('a store that consent has not heard of yet is no reason to call the person unknown: the dispatch is left for later', async () => {
    const { ref } = await resolve(ada().identifiers);
    const nobody = `sub_${randomUUID().replaceAll('-', '')}`;
    const [later, unknown] = [`dsr_${randomUUID()}`, `dsr_${randomUUID()}`];
    const dispatches = [
      { dispatchId: later, ref, stores: ['crm', 'brand-new'] },
      { dispatchId: unknown, ref: nobody, stores: ['crm'] },
    ];
    const answer = await consent.call('POST', '/internal/seal', SERVICE, { dispatches }, inAjuni);
    expect(answer.body['dispatches']).toEqual([{ dispatchId: unknown, version: 0, aliases: [], sealed: null }]);
  });
});

describe('what a caller may send', () => {
  it.each([
    ['broken JSON', '{"subject":', 400, 'json_malformed'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 400, 'json_malformed'],
    ['2 MB', JSON.stringify({ purposes: 'x'.repeat(2_000_000) }), 413, 'body_too_large'],
    ['a NUL character', '{"subject":{"identifiers":[{"type":"email","value":"a\\u0000@b.c"}]},"purposes":"all"}', 400, 'json_malformed'],
    ['ten thousand purposes', JSON.stringify({ subject: ada(), purposes: Array.from({ length: 10_000 }, (_, i) => `p${i}`) }), 400, 'body_invalid'],
    ['an identifier of 5,000 characters', JSON.stringify({ subject: { identifiers: [{ type: 'email', value: `${'a'.repeat(5000)}@b.c` }] }, purposes: 'all' }), 400, 'body_invalid'],
    ['a date in the year 10000', JSON.stringify({ subject: ada(), purposes: 'all', occurredAt: '+010000-01-01T00:00:00Z' }), 400, 'body_invalid'],
    ['unknown members', JSON.stringify({ subject: ada(), purposes: 'all', tenant: 'askasia' }), 400, 'body_invalid'],
    ['a phone that is none', JSON.stringify({ subject: { identifiers: [{ type: 'phone', value: 'call me' }] }, purposes: 'all' }), 400, 'identifier_invalid'],
    ['no body', undefined, 400, 'body_invalid'],
  ])('%s is a problem with a code, never a 500', async (_, body, status, code) => {
    const answer = await consent.call('POST', '/v1/withdrawals', PLATFORM, body);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('nobody without a token, the role or a tenant gets in', async () => {
    expect((await fetch(`${consent.url}/v1/purposes`)).status).toBe(401);
    expect((await consent.call('POST', '/v1/withdrawals', { tenant: 'ajuni', roles: ['auditor'] }, {})).status).toBe(403);
    expect((await consent.call('POST', '/v1/withdrawals', { roles: ['platform'] }, {})).status).toBe(403);
    expect((await consent.call('GET', '/v1/nothing', PLATFORM)).status).toBe(404);
    expect((await consent.call('POST', '/internal/resolve', PLATFORM, {})).status).toBe(403);
  });

  it('a token of a tenant sees nothing of another', async () => {
    const mine = await consent.call('POST', '/v1/withdrawals', PLATFORM, { subject: ada(), purposes: ['analytics'] });
    const other = await consent.call('GET', `/v1/dispatches/${String(mine.body['dispatchId'])}`, { tenant: 'askasia', roles: ['dpo'] });
    expect(other.status).toBe(404);
  });
});
