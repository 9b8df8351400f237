import { UnitOfWork } from '@heed/persistence';
import { eventProbe, eventually } from '@heed/testing';
import type { Answer, EventProbe } from '@heed/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExpireConsents } from '../src/expiry/expire-consents.job.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

const DPO = { tenant: 'ajuni', roles: ['dpo'] };
let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.t.ajuni.events.v1']);
  const deafen = await consent.listen();
  return async () => {
    await deafen();
    await bus.stop();
    await consent.stop();
  };
});

const expire = (): Promise<void> => consent.service.service.app.get(ExpireConsents, { strict: false }).run();
type Subject = ReturnType<typeof ada>;

interface Given {
  readonly ref: string;
  readonly id: string;
}
async function give(subject: Subject, purpose: string, over: object = {}, tenant = 'ajuni'): Promise<Given> {
  const occurredAt = consent.clock.now().toISOString();
  consent.clock.advance({ ms: 1 }); // the register has what happens at one moment in no order
  const body = { subject, decisions: [{ purpose, decision: 'given' }], occurredAt, ...over };
  const answer = await consent.service.call('POST', '/v1/consents', { ...PLATFORM, tenant }, body);
  return { ref: String(answer.body['ref']), id: (answer.body['records'] as [{ id: string }])[0].id };
}

async function check(subject: Subject, purpose: string, tenant = 'ajuni'): Promise<Record<string, unknown>> {
  return (await consent.service.call('POST', '/v1/consents/check', { ...PLATFORM, tenant }, { subject, purpose })).body;
}

interface Recorded {
  readonly id: string;
  readonly state: string;
  readonly method: string;
  readonly occurredAt: string;
  readonly validUntil: string | null;
}
async function register(ref: string, tenant = 'ajuni'): Promise<readonly Recorded[]> {
  return (await consent.service.call('GET', `/v1/consents?ref=${ref}`, { ...PLATFORM, tenant })).body['items'] as Recorded[];
}

async function dispatchOf(ref: string, cause: string): Promise<string> {
  const [row] = await consent.service.sql<{ id: string }>(`SELECT id FROM t_ajuni.dispatch WHERE ref = $1 AND cause->>'type' = $2`, [ref, cause]);
  return row?.id ?? '';
}


describe('a consent whose time has passed', () => {
  it('counts no more from the very moment on, is written down as expired, and the stores are told as of a withdrawal', async () => {
    consent.clock.set('2027-01-31T10:00:00Z');
    const subject = ada();
    const { ref } = await give(subject, 'analytics', { jurisdiction: 'EU' });
    expect((await register(ref))[0]?.validUntil).toBe('2028-02-29T10:00:00.000Z');

    consent.clock.set('2028-02-29T09:59:59Z');
    await expire();
    expect(await check(subject, 'analytics')).toMatchObject({ allowed: true, reason: 'given' });
    consent.clock.set('2028-02-29T10:00:00Z');
    expect(await check(subject, 'analytics')).toMatchObject({ allowed: false, reason: 'expired' });
    expect(await register(ref), 'the job has not looked yet').toHaveLength(1);

    consent.clock.advance({ minutes: 5 });
    await expire();
    expect(await check(subject, 'analytics')).toMatchObject({ allowed: false, reason: 'expired' });
    expect(await register(ref)).toMatchObject([
      { state: 'expired', method: 'expiry', occurredAt: '2028-02-29T10:00:00.000Z', recordedAt: '2028-02-29T10:05:00.000Z', jurisdiction: 'EU', actor: 'heed' },
      { state: 'given' },
    ]);
    const command = await consent.commandFor(await dispatchOf(ref, 'consent_expired'));
    expect(command).toMatchObject({ purposes: ['analytics'], targets: ['telemetry'] });
    await eventually(() => expect(bus.order(ref).map(({ type }) => type)).toContain('heed.consent.expired.v1'), { timeoutMs: 20_000 });
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'consent.expired' AND subject_ref = $1`, [ref])).toHaveLength(1);

    await expire();
    expect(await register(ref), 'looked at again, it is expired once').toHaveLength(2);
  });

  it('is renewed by a yes before its end, and holds from then on as long as the policy says', async () => {
    consent.clock.set('2028-03-01T10:00:00Z');
    const subject = ada();
    const { ref } = await give(subject, 'marketing_email');
    consent.clock.set('2029-12-31T10:00:00Z');
    await give(subject, 'marketing_email');
    expect(await register(ref)).toMatchObject([{ state: 'renewed_given', validUntil: '2031-12-31T10:00:00.000Z' }, { state: 'given', validUntil: '2030-03-01T10:00:00.000Z' }]);
    consent.clock.set('2030-03-01T10:00:01Z');
    await expire();
    expect(await check(subject, 'marketing_email')).toMatchObject({ allowed: true });
    consent.clock.set('2031-12-31T10:00:00Z');
    await expire();
    expect((await register(ref))[0]).toMatchObject({ state: 'expired', occurredAt: '2031-12-31T10:00:00.000Z' });
    consent.clock.advance({ seconds: 1 });
    await give(subject, 'marketing_email');
    expect((await register(ref))[0], 'after the end it is a new consent').toMatchObject({ state: 'given' });
    expect(await check(subject, 'marketing_email')).toMatchObject({ allowed: true });
  });

  it("ends by each tenant's own policy: 12 months of analytics with Askasia, 13 with Ajuni", async () => {
    consent.clock.set('2032-02-29T10:00:00Z');
    const subject = ada();
    const [ours, theirs] = [await give(subject, 'analytics'), await give(subject, 'analytics', { occurredAt: '2032-02-29T10:00:00Z' }, 'askasia')];
    consent.clock.set('2033-02-28T10:00:00Z');
    await expire();
    expect((await register(theirs.ref, 'askasia'))[0]).toMatchObject({ state: 'expired', occurredAt: '2033-02-28T10:00:00.000Z' });
    expect((await register(ours.ref))[0]).toMatchObject({ state: 'given', validUntil: '2033-03-29T10:00:00.000Z' });
    consent.clock.set('2033-03-29T10:00:00Z');
    await expire();
    expect((await register(ours.ref))[0]).toMatchObject({ state: 'expired' });
  });

  it('ends on the branded domain that it was given for, and on no other', async () => {
    consent.clock.set('2033-06-01T10:00:00Z');
    const subject = ada();
    await give(subject, 'analytics', { domain: 'one.example' });
    consent.clock.advance({ days: 30 });
    const { ref } = await give(subject, 'analytics', { domain: 'two.example' });
    consent.clock.set('2034-07-01T10:00:00Z');
    await expire();
    const states = await consent.service.sql('SELECT domain, state FROM t_ajuni.consent_state WHERE ref = $1 ORDER BY domain', [ref]);
    expect(states).toEqual([{ domain: 'one.example', state: 'expired' }, { domain: 'two.example', state: 'given' }]);
  });

  it('is expired once, however many instances look at the same time, and whoever is busy is not waited for', async () => {
    consent.clock.set('2035-01-01T10:00:00Z');
    const people = await Promise.all(Array.from({ length: 450 }, () => give(ada(), 'analytics')));
    const refs = people.map(({ ref }) => ref);
    const [busy] = refs;
    consent.clock.set('2036-03-01T10:00:00Z');
    const expired = async (): Promise<number> =>
      (await consent.service.sql(`SELECT 1 FROM t_ajuni.consent_record WHERE ref = ANY($1) AND state = 'expired'`, [refs])).length;
    await consent.service.service.app.get(UnitOfWork, { strict: false }).run('ajuni', async (tx) => {
      await tx.query('SELECT 1 FROM subject WHERE ref = $1 FOR UPDATE', [busy]);
      await Promise.all(Array.from({ length: 4 }, expire));
      // A batch that comes out short ends a look; the rest is the next look's.
      for (let i = 0; i < 4 && (await expired()) < 449; i += 1) await expire();
      expect(await expired()).toBe(449);
    });
    await expire();
    expect(await expired()).toBe(450);
    const twice = await consent.service.sql(`SELECT ref FROM t_ajuni.consent_record WHERE ref = ANY($1) AND state = 'expired' GROUP BY ref HAVING count(*) > 1`, [refs]);
    expect(twice).toEqual([]);
  });
});

describe('a consent that should never have counted', () => {
  const invalidate = (id: string, body: unknown, who = DPO): Promise<Answer> => consent.service.call('POST', `/v1/consents/${id}/invalidate`, who, body);

  it('is invalidated by the privacy officer, and the stores are told', async () => {
    const subject = ada();
    const { ref, id } = await give(subject, 'marketing_email');
    expect((await invalidate(id, { reason: 'wrong_notice' }, PLATFORM_ONLY)).status).toBe(403);
    consent.clock.advance({ ms: 1 });
    const answer = await invalidate(id, { reason: 'not_freely_given', case: 'DPO-2026-17' });
    expect(answer).toMatchObject({ status: 202, body: { ref } });
    expect(await check(subject, 'marketing_email')).toMatchObject({ allowed: false, reason: 'invalidated' });
    expect(await register(ref)).toMatchObject([
      { id: answer.body['id'], state: 'invalidated', actor: 'test', detail: { reason: 'not_freely_given', case: 'DPO-2026-17', invalidates: id } }, { id, state: 'given' },
    ]);
    expect(await consent.commandFor(answer.body['dispatchId'])).toMatchObject({ purposes: ['marketing_email'], targets: ['crm'] });
    await eventually(() => expect(bus.order(ref).map(({ type }) => type)).toContain('heed.consent.invalidated.v1'), { timeoutMs: 20_000 });
    consent.clock.advance({ seconds: 1 });
    await give(subject, 'marketing_email');
    expect(await invalidate(id, { reason: 'wrong_notice' })).toMatchObject({ status: 409, body: { code: 'consent_not_in_force' } });
  });

  it('is not what was renewed or withdrawn since, nor what nobody recorded', async () => {
    const subject = ada();
    const { ref, id } = await give(subject, 'analytics');
    await give(subject, 'analytics');
    expect(await invalidate(id, { reason: 'wrong_notice' })).toMatchObject({ status: 409, body: { code: 'consent_not_in_force' } });
    const [renewed] = await register(ref);
    await consent.withdraw({ subject, purposes: ['analytics'] });
    expect(await invalidate(renewed?.id ?? '', { reason: 'wrong_notice' })).toMatchObject({ status: 409 });
    expect((await invalidate('019a0000-0000-7000-8000-000000000000', { reason: 'wrong_notice' })).status).toBe(404);
    expect((await invalidate(id, { reason: 'because Ada Lovelace said so' })).status).toBe(400);
    expect(await check(subject, 'analytics')).toMatchObject({ reason: 'withdrawn' });
  });
});

const PLATFORM_ONLY = { tenant: 'ajuni', roles: ['platform'] };
