import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

describe('ingress', () => {
  async function ingress(value: string, headers: Record<string, string>): Promise<void> {
    await consent.publisher.publish([{ topic: `${consent.bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: null, value, headers }]);
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
    const consumer = consent.bed.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: `${consent.bed.topicPrefix}heed.t.ajuni.ingress.v1.dlq`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        expect(String(message.value)).not.toContain('example.com');
        dead.push(String(message.headers?.['heed_dlq_code']));
      },
    });
    await eventually(() => expect(dead.sort()).toEqual(['json_malformed', 'oversize', 'schema_violation', 'tenant_mismatch', 'type_unknown']), { timeoutMs: 20_000 });
    await consumer.disconnect();

    const check = await consent.check({ subject, purpose: 'marketing_email' });
    expect(check.body).toMatchObject({ allowed: false, reason: 'withdrawn' });
    const [record] = await consent.service.sql<{ ref: string }>('SELECT ref FROM t_ajuni.consent_record WHERE id = $1', [check.body['recordId']]);
    const records = await consent.service.sql('SELECT count(*)::int AS n FROM t_ajuni.dispatch WHERE ref = $1', [record?.ref]);
    expect(records).toEqual([{ n: 1 }]);
  });
});
