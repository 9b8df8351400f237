import { eventually } from '@heed/testing';
import type { Answer } from '@heed/testing';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({ CONSENT_BATCH: '1' });
  return () => consent.stop();
});

/** One in its transaction and fifty batches of one behind it. */
const TAKEN = 51;

describe('more decisions than the database takes', () => {
  it('are refused at once and whole, to come again; those that wait are all done, and another tenant notices nothing', async () => {
    const admin = new pg.Client({ connectionString: consent.service.databaseUrl });
    await admin.connect();
    await admin.query('BEGIN; LOCK TABLE t_ajuni.consent_record IN ACCESS EXCLUSIVE MODE');
    const early: Answer[] = [];
    const callers = Array.from({ length: TAKEN + 9 }, () => {
      const subject = ada();
      const answer = consent.withdraw({ subject, purposes: ['analytics'] });
      void answer.then((one) => early.push(one));
      return { subject, answer };
    });
    await eventually(() => expect(early).toHaveLength(9));
    for (const answer of early) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'too_many_waiting' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const elsewhere = await consent.service.call('POST', '/v1/withdrawals', { ...PLATFORM, tenant: 'askasia' }, { subject: ada(), purposes: 'all' });
    expect(elsewhere.status).toBe(202);

    await admin.query('COMMIT');
    await admin.end();
    const answers = await Promise.all(callers.map(async ({ subject, answer }) => ({ subject, answer: await answer })));
    const checks = answers.map(({ subject }) => ({ subject, purpose: 'analytics' }));
    const known = (await consent.check({ checks })).body['checks'] as { reason: string }[];
    expect(known.map(({ reason }) => reason === 'withdrawn')).toEqual(answers.map(({ answer }) => answer.status === 202));
    expect(answers.filter(({ answer }) => answer.status === 202)).toHaveLength(TAKEN);
    const again = answers.find(({ answer }) => answer.status === 503);
    expect((await consent.withdraw({ subject: again?.subject, purposes: ['analytics'] })).status).toBe(202);
  });
});
