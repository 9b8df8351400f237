import { erasureCompleted } from '@heed/contracts-dsar';
import { messageSent } from '@heed/contracts-notifications';
import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { newEvent, uuidv7 } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import { eventProbe, eventually } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConsentStateReader } from './consent-state-reader.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.consent.events.v1']);
  return async () => {
    await bus.stop();
    await consent.stop();
  };
});

type Subject = ReturnType<typeof ada>;
const emailOf = (subject: Subject): string => `email|${subject.identifiers[0]?.value ?? ''}`;
const give = async (subject: Subject): Promise<string> => String((await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] })).body['ref']);
const soon = { timeoutMs: 20_000 };
const OPERATOR = { tenant: 'ajuni', roles: ['operator'] };

describe('the consent-state topic', () => {
  it('of a tenant who does not read it nothing is published there', async () => {
    await consent.service.call('POST', '/v1/withdrawals', { tenant: 'askasia', roles: ['platform'] }, { subject: ada(), purposes: 'all' });
    await give(ada());
    expect(await consent.service.sql(`SELECT 1 FROM heed.state_feed_change`)).toEqual([]);
    const progress = await consent.service.call('GET', '/v1/consents/state-rebuild', OPERATOR);
    expect(progress.body).toMatchObject({ state: 'off', people: 0 });
  });

  it('who decided before it was first asked for stands there, then whatever changes, under each identifier and the ref', async () => {
    const before = ada();
    const ref = await give(before);
    const reader = await ConsentStateReader.of(consent);
    await eventually(() => expect(reader.of(emailOf(before))?.purposes['marketing_email']?.state).toBe('given'), soon);
    expect(reader.of(`ref|${ref}`)).toEqual(reader.of(emailOf(before)));

    const phone = { type: 'phone', value: `+9198765${String(Math.floor(Math.random() * 1e5)).padStart(5, '0')}` };
    await consent.withdraw({ subject: { identifiers: [...before.identifiers, phone] }, purposes: ['marketing_email'] });
    await eventually(() => expect(reader.of(`phone|${phone.value}`)?.purposes['marketing_email']?.state).toBe('withdrawn'), soon);
    await eventually(() => expect(reader.of(emailOf(before))?.purposes['marketing_email']?.state).toBe('withdrawn'), soon);

    await eventually(() => expect(reader.heartbeat()?.build).toBeGreaterThan(0), soon);
    expect(reader.latest.get('policy')).toMatchObject({ policyVersion: 1, defaultJurisdiction: 'IN', places: { DE: 'EU' } });
    expect(reader.latest.get('build')).toMatchObject({ build: reader.heartbeat()?.build, epoch: 1 });
    await reader.stop();
  });

  it('a heartbeat says no more than is there: what is decided and not committed yet holds it back', async () => {
    const reader = await ConsentStateReader.of(consent);
    await eventually(() => expect(reader.heartbeat()).toBeDefined(), soon);
    const client = new pg.Client({ connectionString: consent.service.databaseUrl });
    await client.connect();
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(101, hashtext('t_ajuni'))`);
    const [held] = (await client.query<{ at: Date }>('SELECT clock_timestamp() AS at')).rows;
    const seen = reader.order.length;
    await eventually(() => expect(reader.order.slice(seen).filter((key) => key === 'heartbeat').length).toBeGreaterThanOrEqual(3), soon);
    expect(Date.parse(reader.heartbeat()?.completeUntil ?? '')).toBeLessThanOrEqual(held?.at.getTime() ?? 0);
    await client.query('COMMIT');
    await client.end();
    await eventually(() => expect(Date.parse(reader.heartbeat()?.completeUntil ?? '')).toBeGreaterThan(held?.at.getTime() ?? Infinity), soon);
    await reader.stop();
  });

  it('who was erased is taken off it, under every key', async () => {
    const subject = ada();
    const ref = await give(subject);
    const reader = await ConsentStateReader.of(consent);
    await eventually(() => expect(reader.of(`ref|${ref}`)).toBeDefined(), soon);
    const now = consent.clock.now().toISOString();
    const requestId = randomUUID();
    const say = async (event: ReturnType<typeof newEvent>): Promise<void> => bus.publish({ ...event, topics: event.topics.slice(0, 1) });
    const from = { tenant: 'ajuni', key: ref, clock: consent.clock };
    consent.clock.advance({ hours: 1 });
    await say(newEvent(erasureCompleted, { ...from, source: '/heed/dsar', data: { requestId, ref, aliases: [], asOf: consent.clock.now().toISOString(), closedAt: now } }));
    await say(newEvent(messageSent, { ...from, source: '/heed/notifications', data: { messageId: uuidv7(), requestId, ref, template: 'request_closed', sentAt: now } }));
    await eventually(() => expect([reader.of(`ref|${ref}`), reader.of(emailOf(subject))]).toEqual([undefined, undefined]), soon);
    expect(reader.gone).toContain(reader.keyOf(emailOf(subject)));
    await reader.stop();
  });

  it('a new key: everybody stands there under it, and nobody under the former one', async () => {
    const subject = ada();
    const ref = await give(subject);
    const old = await ConsentStateReader.of(consent);
    await eventually(() => expect(old.of(`ref|${ref}`)).toBeDefined(), soon);
    expect((await consent.service.call('POST', '/v1/consents/state-rebuild', OPERATOR, { newKey: true })).status).toBe(202);
    await eventually(() => expect(old.heartbeat()?.epoch).toBe(2), soon);
    await eventually(() => expect(old.heartbeat()?.build).toBe((old.latest.get('build') as { build: number }).build), soon);
    const reader = await ConsentStateReader.of(consent);
    expect(reader.key.equals(old.key)).toBe(false);
    await eventually(() => expect(reader.of(emailOf(subject))?.purposes['marketing_email']?.state).toBe('given'), soon);
    await eventually(() => expect([old.of(emailOf(subject)), old.of(`ref|${ref}`)]).toEqual([undefined, undefined]), soon);
    const progress = await consent.service.call('GET', '/v1/consents/state-rebuild', OPERATOR);
    expect(progress.body).toMatchObject({ state: 'complete', epoch: 2, share: 1 });
    await Promise.all([old.stop(), reader.stop()]);
  });

  it('who waits for another key gets it, though somebody asks for everybody anew after that', async () => {
    const reader = await ConsentStateReader.of(consent);
    await eventually(() => expect(reader.heartbeat()?.build).toBeGreaterThan(0), soon);
    const { epoch } = reader.heartbeat() ?? { epoch: NaN };
    await consent.service.sql(`UPDATE t_ajuni.state_feed SET requested = 'new_key'`); // and the job was not reminded yet
    expect((await consent.service.call('POST', '/v1/consents/state-rebuild', OPERATOR, {})).status).toBe(202);
    await eventually(() => expect(reader.heartbeat()?.epoch).toBe(epoch + 1), soon);
    await reader.stop();
  });

  it('a policy that changes stands there as soon as it counts', async () => {
    const reader = await ConsentStateReader.of(consent);
    const pack = loadSamplePack('ajuni');
    const data = { version: 2, hash: packHash(pack), effectiveFrom: consent.clock.now().toISOString(), pack: pack as unknown as Record<string, unknown> };
    await bus.publish(newEvent(policyActivated, { source: '/heed/subprocessor-registry', tenant: 'ajuni', key: 'ajuni', clock: consent.clock, data }));
    await eventually(() => expect(reader.latest.get('policy')).toMatchObject({ policyVersion: 2 }), soon);
    await eventually(() => expect(reader.heartbeat()?.policyVersion).toBe(2), soon);
    await reader.stop();
  });

  it('the key is handed to a platform team and to nobody else', async () => {
    for (const role of ['dpo', 'analyst', 'auditor', 'operator']) {
      expect((await consent.service.call('GET', '/v1/consents/state-key', { tenant: 'ajuni', roles: [role] })).status, role).toBe(403);
    }
    expect((await consent.service.call('POST', '/v1/consents/state-rebuild', PLATFORM, {})).status).toBe(403);
  });
});
