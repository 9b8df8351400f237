import { byEmail, Heed } from '@heed/e2e';
import { Heed as Sdk } from '@heed/sdk';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';

const TENANT = 'ajuni';
let heed: Heed;
let sdk: Sdk;

beforeAll(async () => {
  heed = await Heed.start();
  const { origin, kafka } = heed.system.context;
  sdk = Sdk.connect({ origin, brokers: kafka.brokers.split(','), token: () => heed.token(TENANT) });
});
afterAll(async () => {
  await sdk.close();
  await heed.stop();
});

it('what is said at the public origin is known in a process of a platform team, and goes on being so after the broker was killed', async () => {
  const subject = byEmail(`${randomUUID()}@example.com`);
  await heed.call(TENANT, 'POST', '/v1/consents', { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
  await sdk.ready({ timeoutMs: 60_000 });
  await eventually(() => expect(sdk.may(subject, 'marketing_email')).toMatchObject({ allowed: true, basis: 'consent' }), { timeoutMs: 30_000 });
  await heed.system.part('kafka').kill('SIGKILL');
  await heed.call(TENANT, 'POST', '/v1/withdrawals', { subject, purposes: ['marketing_email'] });
  await heed.system.part('kafka').start();
  await eventually(() => expect(sdk.may(subject, 'marketing_email').reason).toBe('withdrawn'), { timeoutMs: 90_000 });
});
