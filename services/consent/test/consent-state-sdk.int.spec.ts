import { Heed } from '@heed/sdk';
import type { HeedOptions, Subject } from '@heed/sdk';
import { eventually, testServers } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';
import { Toxic } from './toxic-broker.js';

let consent: ConsentUnderTest;
let heed: Heed;

const options = (more: Partial<HeedOptions> = {}): HeedOptions => ({
  origin: consent.service.url, token: () => consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform'] }), brokers: [testServers().brokers],
  topicPrefix: consent.bed.topicPrefix, ...more,
});
const soon = { timeoutMs: 20_000 };
const give = (subject: object, purpose: string, more: object = {}): Promise<{ status: number; body: Record<string, unknown> }> =>
  consent.decide({ subject, decisions: [{ purpose, decision: 'given' }], ...more });

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  heed = Heed.connect(options());
  await heed.ready();
  return async () => {
    await heed.close();
    await consent.stop();
  };
});

describe('an SDK', () => {
  it('answers from memory what the service answers, case by case', async () => {
    const [given, withdrawn, refused, both, objector, branded, stranger] = [ada(), ada(), ada(), ada(), ada(), ada(), ada()];
    const ref = String((await give(given, 'marketing_email')).body['ref']);
    await give(withdrawn, 'marketing_email');
    await consent.withdraw({ subject: withdrawn, purposes: ['marketing_email'] });
    await consent.decide({ subject: refused, decisions: [{ purpose: 'analytics', decision: 'refused' }] });
    await give(both, 'marketing_email');
    await give(both, 'analytics');
    expect((await consent.withdraw({ subject: objector, purposes: ['security'], jurisdiction: 'DE' })).status).toBe(202);
    await give(branded, 'analytics', { domain: 'shop.example.com' });
    const split = ada();
    await consent.withdraw({ subject: split, purposes: ['analytics', 'marketing_email'] });
    await consent.withdraw({ subject: split, purposes: ['security'], jurisdiction: 'DE' });
    consent.clock.advance({ seconds: 1 });
    await give(split, 'analytics', { domain: 'shop.example.com' });
    const [child, suspect] = [ada(), ada()];
    await consent.decide({ subject: child, age: 15, decisions: [{ purpose: 'marketing_email', decision: 'refused' }] });
    await consent.decide({ subject: suspect, childSignal: true, decisions: [{ purpose: 'marketing_email', decision: 'refused' }] });
    const mixed = { identifiers: [...given.identifiers, ...withdrawn.identifiers] };
    const last = await consent.decide({ subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }] });
    await eventually(() => expect(heed.may({ ref: String(last.body['ref']) }, 'analytics').allowed).toBe(true), soon);

    const subjects: readonly Subject[] = [given, withdrawn, refused, both, objector, branded, split, stranger, mixed, child, suspect, { ref }];
    const purposes = ['marketing_email', 'analytics', 'security', 'service', 'sale', 'unheard_of'];
    const places = [{}, { jurisdiction: 'IN' }, { jurisdiction: 'DE' }, { jurisdiction: 'BR' }, { domain: 'shop.example.com' }, { domain: 'other.example.com' }, { domain: 'other.example.com', jurisdiction: 'DE' }];
    const cases = subjects.flatMap((subject) => purposes.flatMap((purpose) => places.map((place) => ({ subject, purpose, ...place }))));
    const answers: { allowed: boolean; basis: string | null; reason: string; recordId: string | null; promise?: string }[] = [];
    for (let from = 0; from < cases.length; from += 300) {
      const { body } = await consent.check({ checks: cases.slice(from, from + 300) });
      answers.push(...(body['checks'] as typeof answers));
    }
    cases.forEach(({ subject, purpose, ...place }, i) => {
      const { allowed, basis, reason, recordId, promise } = answers[i]!;
      const local = heed.may(subject, purpose, place);
      expect({ ...local, recordId: local.recordId ?? null, promise: local.promise ?? null }, JSON.stringify(cases[i])).toMatchObject({ allowed, basis, reason, recordId, promise: promise ?? null });
    });
    expect(new Set(answers.map(({ reason }) => reason))).toEqual(
      new Set(['given', 'withdrawn', 'refused', 'objected', 'no_decision', 'child', 'age_unverified', 'basis_without_consent', 'never_purpose', 'purpose_unknown', 'no_basis_in_jurisdiction']),
    );
  });

  it('follows who is found to be whom: a merge, a split, an identifier that leads to nobody any more', async () => {
    const [one, other] = [ada(), ada()];
    const ref = String((await give(one, 'analytics')).body['ref']);
    const alias = String((await give(other, 'marketing_email')).body['ref']);
    await consent.withdraw({ subject: other, purposes: ['analytics'] });
    const act = (path: string, body: object) => consent.service.call('POST', `/v1/subjects/${ref}/${path}`, PLATFORM, { ...body, reason: 'same_person' });
    const subjects: readonly Subject[] = [one, other, { ref }, { ref: alias }];
    const agrees = async (): Promise<void> => {
      for (const purpose of ['analytics', 'marketing_email']) {
        const { body } = await consent.check({ checks: subjects.map((subject) => ({ subject, purpose })) });
        const reasons = (body['checks'] as { reason: string }[]).map(({ reason }) => reason);
        await eventually(() => expect(subjects.map((subject) => heed.may(subject, purpose).reason)).toEqual(reasons), soon);
      }
    };
    await agrees();
    expect((await act('merge', { other: alias })).status).toBe(200);
    await agrees();
    expect(heed.may(one, 'analytics').reason).toBe('withdrawn');
    await consent.withdraw({ subject: one, purposes: ['marketing_email'] });
    await agrees();
    expect((await act('split', { other: alias })).status).toBe(200);
    consent.clock.advance({ seconds: 1 });
    await give(one, 'analytics');
    await agrees();
    expect(heed.may(one, 'analytics').reason).not.toBe(heed.may(other, 'analytics').reason);
  });

  it('publishes over Kafka what any client may, once however often, and sees what came of it', async () => {
    const subject = ada();
    const id = randomUUID();
    for (let i = 0; i < 3; i += 1) await heed.publish({ type: 'consent_given', id, data: { subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] } });
    await eventually(() => expect(heed.may(subject, 'marketing_email').allowed).toBe(true), soon);
    await heed.publish({ type: 'consent_withdrawn', data: { subject, purposes: 'all' } });
    await eventually(() => expect(heed.may(subject, 'marketing_email').reason).toBe('withdrawn'), soon);
    const { recordId } = heed.may(subject, 'marketing_email');
    const [person] = await consent.service.sql<{ ref: string }>('SELECT ref FROM t_ajuni.consent_record WHERE id = $1', [recordId]);
    expect(await consent.service.sql('SELECT state FROM t_ajuni.consent_record WHERE ref = $1 AND purpose = $2 ORDER BY version', [person?.ref, 'marketing_email'])).toEqual([
      { state: 'given' }, { state: 'withdrawn' },
    ]);
  });

  it('over HTTP is told what the policy refuses, with the promise', async () => {
    const data = { subject: ada(), decisions: [{ purpose: 'sale', decision: 'given' as const }] };
    await expect(heed.publish({ type: 'consent_given', data }, { via: 'http' })).rejects.toMatchObject({ name: 'Refused', code: 'purpose_denied', promise: 'AJU-03', retriable: false });
    const nobody = Heed.connect(options({ token: 'forged' }));
    await expect(nobody.ask(ada(), 'analytics')).rejects.toMatchObject({ name: 'Unauthenticated', status: 401 });
    await expect(nobody.ready({ timeoutMs: 1000 })).rejects.toMatchObject({ name: 'Unauthenticated' });
    expect(nobody.may(ada(), 'analytics')).toMatchObject({ allowed: false, reason: 'not_ready', asOf: null });
    expect(await nobody.mayOrAsk(ada(), 'analytics')).toMatchObject({ allowed: false, reason: 'not_ready' });
    await nobody.close();
  });

  it('started while the broker is gone it denies, asks over HTTP, and recovers alone', async () => {
    const subject = ada();
    await give(subject, 'analytics');
    const broker = await Toxic.of(testServers().brokers);
    broker.cut();
    const late = Heed.connect(options({ brokers: [broker.address] }));
    await eventually(() => expect(late.status().tenant).toBe('ajuni'), soon);
    expect(late.may(subject, 'analytics')).toMatchObject({ allowed: false, reason: 'not_ready' });
    expect(await late.mayOrAsk(subject, 'analytics')).toMatchObject({ allowed: true, reason: 'given' });
    // What rests on a contract needs the policy in force, which nothing here can know.
    expect(late.may(subject, 'service')).toMatchObject({ allowed: false, reason: 'not_ready' });
    expect(await late.mayOrAsk(subject, 'service')).toMatchObject({ allowed: true, reason: 'basis_without_consent' });
    await expect(Heed.connect(options({ brokers: [broker.address], publishDeadlineMs: 300 })).publish({ type: 'consent_withdrawn', data: { subject: ada(), purposes: 'all' } })).rejects.toMatchObject({
      name: 'Unavailable', code: 'kafka_unavailable', retriable: true,
    });
    broker.mend();
    await late.ready();
    expect(late.may(subject, 'analytics').allowed).toBe(true);
    broker.cut(); // and once more, under its reading
    await consent.withdraw({ subject, purposes: ['analytics'] });
    broker.mend();
    await eventually(() => expect(late.may(subject, 'analytics').reason).toBe('withdrawn'), soon);
    await late.close();
    await broker.close();
  });

  it('heartbeats that stop are heeded within the bound: by this clock no answer is older', async () => {
    const subject = ada();
    await give(subject, 'analytics');
    let ahead = 0;
    const other = Heed.connect(options({ now: () => Date.now() + ahead }));
    await other.ready();
    await eventually(() => expect(other.may(subject, 'analytics').allowed).toBe(true), soon);
    ahead = 40_000;
    expect(other.may(subject, 'analytics')).toMatchObject({ allowed: false, reason: 'stale', stale: true });
    expect(other.status().state).toBe('stale');
    expect(await other.mayOrAsk(subject, 'analytics')).toMatchObject({ allowed: true, stale: false });
    await other.close();
  });

  it('the topic lost and written anew from the register: a new reader answers nothing until then, and everything after', async () => {
    const [before, after] = [ada(), ada()];
    await give(before, 'analytics');
    await eventually(() => expect(heed.may(before, 'analytics').allowed).toBe(true), soon);
    const admin = consent.bed.kafka.admin();
    await admin.connect();
    const topic = `${consent.bed.topicPrefix}heed.t.ajuni.consent-state.v1`;
    const [{ high = '0' } = {}] = await admin.fetchTopicOffsets(topic);
    // As an operator's mistake, or retention where there should be none, takes records away.
    await admin.deleteTopics({ topics: [topic] });
    await eventually(async () => expect(await admin.listTopics()).not.toContain(topic), soon);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }], waitForLeaders: false });
    expect(Number(high)).toBeGreaterThan(0);
    await give(after, 'analytics');
    const late = Heed.connect(options());
    await eventually(() => expect(late.status().tenant).toBe('ajuni'), soon);
    await eventually(async () => expect(Number((await admin.fetchTopicOffsets(topic))[0]?.high ?? 0)).toBeGreaterThan(2), soon);
    await admin.disconnect();
    await expect(late.ready({ timeoutMs: 3000 })).rejects.toMatchObject({ name: 'Stale', code: 'not_ready' });
    expect(late.may(before, 'analytics').allowed).toBe(false);
    const operator = { tenant: 'ajuni', roles: ['operator'] };
    expect((await consent.service.call('POST', '/v1/consents/state-rebuild', operator, {})).status).toBe(202);
    await late.ready();
    for (const reader of [late, heed]) {
      await eventually(() => expect([before, after].map((subject) => reader.may(subject, 'analytics').reason)).toEqual(['given', 'given']), soon);
    }
    await late.close();
  });

  it('a new key while it runs: it asks for it, and answers again once everybody stands there under it', async () => {
    const subject = ada();
    await give(subject, 'analytics');
    await eventually(() => expect(heed.may(subject, 'analytics').allowed).toBe(true), soon);
    await consent.service.call('POST', '/v1/consents/state-rebuild', { tenant: 'ajuni', roles: ['operator'] }, { newKey: true });
    await eventually(() => expect(heed.status().state).toBe('not_ready'), { timeoutMs: 20_000, everyMs: 5 });
    await heed.ready();
    expect(heed.may(subject, 'analytics').allowed).toBe(true);
    expect((await consent.service.call('POST', '/v1/withdrawals', PLATFORM, { subject, purposes: 'all' })).status).toBe(202);
    await eventually(() => expect(heed.may(subject, 'analytics').reason).toBe('withdrawn'), soon);
  });
});
