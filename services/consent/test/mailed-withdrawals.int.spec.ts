import { withdrawalReceived } from '@heed/contracts-dsar';
import { newEvent, uuidv7 } from '@heed/kernel';
import { eventually } from '@heed/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni', 'ahurasense']);
  return () => consent.stop();
});

async function given(tenant: string, purposes: readonly string[]): Promise<{ subject: unknown; ref: string }> {
  const subject = ada();
  const decisions = purposes.map((purpose) => ({ purpose, decision: 'given' }));
  const { body } = await consent.service.call('POST', '/v1/consents', { tenant, roles: ['platform'] }, { subject, decisions });
  return { subject, ref: String(body['ref']) };
}
const mailed = (tenant: string, ref: string, scope: 'marketing' | 'all', mailId = uuidv7()) =>
  consent.publish(
    newEvent(withdrawalReceived, {
      source: '/heed/dsar', tenant, key: ref, clock: consent.clock, data: { mailId, ref, aliases: [], scope, receivedAt: consent.clock.now().toISOString() },
    }),
  );
const check = async (tenant: string, subject: unknown, purpose: string) =>
  (await consent.service.call('POST', '/v1/consents/check', { tenant, roles: ['platform'] }, { subject, purpose })).body;
const dispatches = (tenant: string, ref: string) => consent.service.sql(`SELECT body FROM t_${tenant}.dispatch WHERE ref = $1 AND kind = 'withdrawal'`, [ref]);

describe('a withdrawal that was mailed to the privacy address', () => {
  it('AJU-17: of marketing ends the marketing mail and is told to its stores; analytics that were agreed to go on', async () => {
    const { subject, ref } = await given('ajuni', ['marketing_email', 'analytics']);
    await mailed('ajuni', ref, 'marketing');
    await eventually(async () => expect(await check('ajuni', subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'withdrawn' }), { timeoutMs: 20_000 });
    expect(await check('ajuni', subject, 'analytics')).toMatchObject({ allowed: true });
    expect(await dispatches('ajuni', ref)).toEqual([{ body: { purposes: ['marketing_email'] } }]);
    const history = await consent.service.call('GET', `/v1/consents?ref=${ref}`, { tenant: 'ajuni', roles: ['dpo'] });
    expect((history.body['items'] as unknown[])[0]).toMatchObject({ state: 'withdrawn', method: 'email', actor: '/heed/dsar' });
  });

  it('AHU-09: of consent ends everything that rests on it, and the service that AhuraSense’s customers pay for goes on', async () => {
    const { subject, ref } = await given('ahurasense', ['marketing_email', 'analytics']);
    await mailed('ahurasense', ref, 'all');
    await eventually(async () => expect(await check('ahurasense', subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'withdrawn' }), { timeoutMs: 20_000 });
    expect(await check('ahurasense', subject, 'analytics')).toMatchObject({ allowed: false, reason: 'withdrawn' });
    expect(await check('ahurasense', subject, 'service')).toMatchObject({ allowed: true });
  });

  it('counts once, however often it is handed over', async () => {
    const { ref } = await given('ajuni', ['marketing_email']);
    const event = newEvent(withdrawalReceived, {
      source: '/heed/dsar', tenant: 'ajuni', key: ref, clock: consent.clock,
      data: { mailId: uuidv7(), ref, aliases: [], scope: 'marketing', receivedAt: consent.clock.now().toISOString() },
    });
    for (let i = 0; i < 3; i += 1) await consent.publish(event);
    const later = await given('ajuni', ['marketing_email']);
    await mailed('ajuni', later.ref, 'marketing');
    await eventually(async () => expect(await dispatches('ajuni', later.ref)).toHaveLength(1), { timeoutMs: 20_000 });
    await eventually(async () => expect(await dispatches('ajuni', ref)).toHaveLength(1), { timeoutMs: 20_000 });
  });
});
