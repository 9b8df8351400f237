import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'askasia', 'aurigen', 'auronx']);
  return () => consent.stop();
});

const grant = (tenant: string, purpose: string, roles: readonly string[] = ['platform'], subject = ada()) =>
  consent.service.call('POST', '/v1/consents', { tenant, roles: [...roles] }, { subject, decisions: [{ purpose, decision: 'given' }] });
const check = async (tenant: string, purpose: string, subject = ada()) =>
  (await consent.service.call('POST', '/v1/consents/check', { tenant, roles: ['platform'] }, { subject, purpose })).body;

/** What the tenant's ledger has of attempts at a purpose: by which way they came. */
const attempts = async (tenant: string, purpose: string): Promise<readonly string[]> =>
  (await consent.service.sql<{ data: { channel: string } }>(
    `SELECT data FROM t_${tenant}.ledger_entry WHERE kind = 'purpose.denied' AND data->>'purpose' = $1 `, [purpose],
  )).map((row) => row.data.channel);

async function ingress(tenant: string, data: unknown): Promise<void> {
  const headers = {
    ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/jobs', ce_type: 'heed.ingress.consent_given.v1', ce_time: '2026-11-21T09:00:00Z',
    'content-type': 'application/json',
  };
  await consent.publisher.publish([{ topic: `${consent.bed.topicPrefix}heed.t.${tenant}.ingress.v1`, key: null, value: JSON.stringify(data), headers }]);
}

describe('what the policy never allows', () => {
  it('AJU-02: training a model is refused to a person who agrees and to a job that asks, and both attempts are evidence', async () => {
    const subject = ada();
    expect(await grant('ajuni', 'model_training', ['platform'], subject)).toMatchObject({ status: 422, body: { code: 'purpose_denied', promise: 'AJU-02' } });
    expect(await check('ajuni', 'model_training', subject)).toMatchObject({ allowed: false, reason: 'never_purpose', promise: 'AJU-02', basis: null, recordId: null });
    expect((await attempts('ajuni', 'model_training')).toSorted()).toEqual(['api', 'check']);
  });

  it('AJU-04: fine-tuning, benchmarks and red-teaming come back from Kafka as evidence, and not as a dead letter that could be replayed', async () => {
    const subject = ada();
    for (const purpose of ['fine_tune', 'eval_benchmark', 'red_team']) await ingress('ajuni', { subject, decisions: [{ purpose, decision: 'given' }] });
    for (const purpose of ['fine_tune', 'eval_benchmark', 'red_team']) {
      await eventually(async () => expect(await attempts('ajuni', purpose)).toEqual(['kafka']), { timeoutMs: 20_000 });
      expect(await check('ajuni', purpose, subject)).toMatchObject({ allowed: false, promise: 'AJU-04' });
    }
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.consent_record WHERE purpose IN ('fine_tune', 'eval_benchmark', 'red_team')`)).toEqual([]);
  });

  it('AJU-03: a sale that stands beside what is allowed takes nothing of the call with it', async () => {
    const subject = ada();
    const decisions = [{ purpose: 'marketing_email', decision: 'given' }, { purpose: 'sale', decision: 'given' }];
    const answer = await consent.service.call('POST', '/v1/consents', { tenant: 'ajuni', roles: ['platform'] }, { subject, decisions });
    expect(answer).toMatchObject({ status: 422, body: { code: 'purpose_denied', promise: 'AJU-03' } });
    expect(await check('ajuni', 'marketing_email', subject)).toMatchObject({ allowed: false, reason: 'no_decision' });
  });

  it('AUR-27: Aurigen’s sale of data can be granted by nobody, whatever their role; only who may record at all is told why', async () => {
    expect(await grant('aurigen', 'sale')).toMatchObject({ status: 422, body: { promise: 'AUR-27' } });
    for (const role of ['dpo', 'tenant-admin', 'operator', 'analyst', 'auditor']) expect((await grant('aurigen', 'sale', [role])).status).toBe(403);
    expect(await grant('aurigen', 'sale', ['platform', 'dpo', 'tenant-admin', 'operator'])).toMatchObject({ status: 422, body: { promise: 'AUR-27' } });
  });

  it('ASK-02: a job that claims to train on workspaces is denied for any of 500 people at once, one entry of evidence for the call', async () => {
    const checks = Array.from({ length: 500 }, () => ({ subject: ada(), purpose: 'model_training' }));
    const answer = await consent.service.call('POST', '/v1/consents/check', { tenant: 'askasia', roles: ['platform'] }, { checks });
    const answers = answer.body['checks'] as { allowed: boolean; promise: string }[];
    expect(answers.filter((one) => !one.allowed && one.promise === 'ASK-02')).toHaveLength(500);
    expect(await attempts('askasia', 'model_training')).toEqual(['check']);
  });

  it('ASK-03: who refuses a sale is right already; who asks for one is told the promise, and platform teams read of it on Kafka', async () => {
    const heard: string[] = [];
    const consumer = consent.bed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: `${consent.bed.topicPrefix}heed.t.askasia.events.v1`, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void heard.push(String(message.value)) });
    try {
      const subject = ada();
      const refuse = { subject, decisions: [{ purpose: 'sale', decision: 'refused' }] };
      expect((await consent.service.call('POST', '/v1/consents', { tenant: 'askasia', roles: ['platform'] }, refuse)).status).toBe(201);
      expect(await grant('askasia', 'sale', ['platform'], subject)).toMatchObject({ status: 422, body: { promise: 'ASK-03' } });
      await eventually(() => expect(heard.map((value) => JSON.parse(value) as unknown)).toContainEqual({ purpose: 'sale', promise: 'ASK-03', channel: 'api' }), { timeoutMs: 20_000 });
    } finally {
      await consumer.disconnect();
    }
  });

  it('AUX-01: AuronX’s sale stays denied after every purpose that may be agreed to was agreed to', async () => {
    const subject = ada();
    const decisions = ['marketing_email', 'analytics'].map((purpose) => ({ purpose, decision: 'given' }));
    expect((await consent.service.call('POST', '/v1/consents', { tenant: 'auronx', roles: ['platform'] }, { subject, decisions })).status).toBe(201);
    expect(await check('auronx', 'sale', subject)).toMatchObject({ allowed: false, reason: 'never_purpose', promise: 'AUX-01' });
    expect(await grant('auronx', 'sale', ['platform'], subject)).toMatchObject({ status: 422, body: { promise: 'AUX-01' } });
  });

  it('AUX-15: advertising with WhatsApp data is never allowed, and answering on WhatsApp is, without anybody’s yes', async () => {
    const subject = ada();
    expect(await grant('auronx', 'advertising', ['platform'], subject)).toMatchObject({ status: 422, body: { promise: 'AUX-15' } });
    expect(await check('auronx', 'advertising', subject)).toMatchObject({ allowed: false, promise: 'AUX-15' });
    expect(await check('auronx', 'whatsapp_automation', subject)).toMatchObject({ allowed: true, basis: 'legitimate_use' });
    const purposes = await consent.service.call('GET', '/v1/purposes', { tenant: 'auronx', roles: ['platform'] });
    expect(purposes.body['never']).toContainEqual({ id: 'advertising', promise: 'AUX-15' });
  });
});
