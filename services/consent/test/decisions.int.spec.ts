import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

describe('decisions', () => {
  it('AJU-15: one purpose may be agreed to and another refused', async () => {
    const subject = ada();
    const decisions = [
      { purpose: 'analytics', decision: 'given' },
      { purpose: 'marketing_email', decision: 'refused' },
    ];
    expect((await consent.decide({ subject, decisions })).status).toBe(201);
    const checks = ['analytics', 'marketing_email'].map((purpose) => ({ subject, purpose }));
    const answer = await consent.check({ checks });
    expect(answer.body['checks']).toMatchObject([{ allowed: true }, { allowed: false, reason: 'refused' }]);
  });

  it('AJU-03: granting sale of data is refused with the promise, and the attempt is evidence', async () => {
    const subject = ada();
    const before = await consent.service.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`);
    const answer = await consent.decide({ subject, decisions: [{ purpose: 'sale', decision: 'given' }] });
    expect(answer).toMatchObject({ status: 422, body: { code: 'purpose_denied', promise: 'AJU-03' } });
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`)).toHaveLength(before.length + 1);
    expect((await consent.check({ subject, purpose: 'sale' })).body).toMatchObject({ allowed: false, promise: 'AJU-03' });
  });

  it('ten at once about one new person make one person and ten versions, of which the last is the one that later stores are told', async () => {
    const subject = ada();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => consent.withdraw({ subject, purposes: ['analytics'] })),
    );
    expect(new Set(answers.map((a) => a.body['ref'])).size).toBe(1);
    expect(new Set(answers.map((a) => a.body['dispatchId'])).size).toBe(10);
    const person = await consent.service.call('GET', `/v1/subjects/${String(answers[0]?.body['ref'])}`, PLATFORM);
    expect(person.body).toMatchObject({ version: 10, identifiers: [{ type: 'email' }] });
    const effective = await consent.service.sql('SELECT version::int FROM t_ajuni.dispatch WHERE ref = $1 AND effective', [person.body['ref']]);
    expect(effective).toEqual([{ version: 10 }]);
  });

  it('the same Idempotency-Key does nothing twice, and takes no other body', async () => {
    const subject = ada();
    const headers = { 'idempotency-key': randomUUID() };
    const call = (purposes: string[]) => consent.withdraw({ subject, purposes }, headers);
    const both = await Promise.all([call(['analytics']), call(['analytics'])]);
    expect(both[0]?.body).toEqual(both[1]?.body);
    expect(await call(['marketing_email'])).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const history = await consent.service.call('GET', `/v1/consents?ref=${String(both[0]?.body['ref'])}`, PLATFORM);
    expect(history.body['items']).toHaveLength(1);
  });

  it('a call that is refused leaves its neighbours in the batch alone', async () => {
    const bodies = [...Array(8).keys()].map((i) => ({ subject: ada(), purposes: [i === 3 ? 'no_such_purpose' : 'analytics'] }));
    const answers = await Promise.all(bodies.map((body) => consent.withdraw(body)));
    expect(answers.map((a) => a.status)).toEqual([202, 202, 202, 422, 202, 202, 202, 202]);
  });
});
