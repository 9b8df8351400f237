import { erasureCompleted } from '@heed/contracts-dsar';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, uuidv7 } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { eventProbe, eventually } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { lostIdentities, restoreIdentities } from '../src/recovery/restore-identities.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni']);
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.consent.events.v1']);
  return async () => {
    await bus.stop();
    await consent.stop();
  };
});

const act = async (ref: string, what: string, body: unknown): Promise<number> => (await consent.service.call('POST', `/v1/subjects/${ref}/${what}`, PLATFORM, body)).status;
const may = async (subject: object): Promise<unknown> => (await consent.check({ subject, purpose: 'marketing_email' })).body['reason'];

async function decided(decision: 'given' | 'refused'): Promise<{ subject: ReturnType<typeof ada>; ref: string }> {
  consent.clock.advance({ seconds: 1 });
  const subject = ada();
  const { body } = await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision }] });
  return { subject, ref: String(body['ref']) };
}

/** Every store has answered their erasure, and they have been told. */
async function erase(ref: string, aliases: string[]): Promise<void> {
  const [requestId, now] = [randomUUID(), consent.clock.now().toISOString()];
  const about = { tenant: 'ajuni', key: ref, clock: consent.clock };
  const completed = newEvent(erasureCompleted, { source: '/heed/dsar', ...about, data: { requestId, ref, aliases, asOf: now, closedAt: now } });
  const sent = newEvent(messageSent, { source: '/heed/notifications', ...about, data: { messageId: uuidv7(), requestId, ref, template: 'request_closed', sentAt: now } });
  for (const event of [completed, sent]) await bus.publish({ ...event, topics: event.topics.slice(0, 1) });
  await eventually(async () => expect(await consent.service.sql('SELECT 1 FROM t_ajuni.subject WHERE ref = $1 AND erased_at IS NOT NULL', [ref])).toHaveLength(1), { timeoutMs: 20_000 });
}

describe('an erasure that was asked for before a merge', () => {
  it('forgets whom it was asked for, and the other lives on with what came with it and every no', async () => {
    const [one, other] = [await decided('given'), await decided('refused')];
    expect(await act(one.ref, 'merge', { other: other.ref })).toBe(200);
    await erase(one.ref, []);
    const identifiers = await consent.service.sql('SELECT ref, origin FROM t_ajuni.identifier WHERE ref = ANY($1)', [[one.ref, other.ref]]);
    expect(identifiers).toEqual([{ ref: other.ref, origin: null }]);
    expect([await may(one.subject), await may(other.subject)]).toEqual(['no_decision', 'refused']);
    const { body } = await consent.decide({ subject: other.subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    expect(body['ref']).toBe(other.ref);
  });

  it('of the ref that was merged takes its identifiers and leaves the person theirs', async () => {
    const [one, other] = [await decided('given'), await decided('given')];
    expect(await act(one.ref, 'merge', { other: other.ref })).toBe(200);
    await erase(other.ref, []);
    expect([await may(one.subject), await may(other.subject)]).toEqual(['given', 'no_decision']);
  });

  it('that was asked for of the whole person forgets all of it', async () => {
    const [one, other] = [await decided('given'), await decided('given')];
    expect(await act(one.ref, 'merge', { other: other.ref })).toBe(200);
    await erase(one.ref, [other.ref]);
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.identifier WHERE ref = ANY($1)', [[one.ref, other.ref]])).toEqual([]);
  });
});

describe('a copy from before a merge', () => {
  it('is told from the ledger who is whom, and a yes that had given way does not come back', async () => {
    const [one, other] = [await decided('refused'), await decided('given')];
    expect(await act(one.ref, 'merge', { other: other.ref })).toBe(200);
    const records = await consent.service.sql<{ id: string; kind: string; ref: string; at: Date; data: object }>(
      `SELECT id, kind, subject_ref AS ref, recorded_at AS at, data FROM t_ajuni.ledger_entry WHERE kind = 'person.merged' AND subject_ref = $1`, [one.ref]);
    const refs = [one.ref, other.ref];
    // As the copy has it.
    await consent.service.sql('DELETE FROM t_ajuni.identity_change WHERE ref = ANY($1)', [refs]);
    await consent.service.sql('UPDATE t_ajuni.subject SET person = NULL WHERE ref = ANY($1)', [refs]);
    await consent.service.sql('UPDATE t_ajuni.identifier SET ref = origin, origin = NULL WHERE origin = $1', [other.ref]);
    await consent.service.sql(
      `INSERT INTO t_ajuni.consent_state (ref, purpose, state, record_id, occurred_at) SELECT ref, purpose, state, id, occurred_at FROM t_ajuni.consent_record WHERE ref = $1`, [other.ref]);
    expect(await may(other.subject)).toBe('given');

    const lost = lostIdentities({ records: records.map((record) => ({ ...record, at: record.at.toISOString(), salt: '' })) as never });
    expect(lost).toMatchObject([{ is: 'merged', ref: one.ref, data: { alias: other.ref } }]);
    await consent.service.service.app.get(UnitOfWork, { strict: false }).run('ajuni', (tx) => restoreIdentities(tx, lost));
    expect(await may(other.subject)).toBe('refused');
    expect(await act(one.ref, 'split', { other: other.ref })).toBe(200);
    expect([await may(one.subject), await may(other.subject)]).toEqual(['refused', 'refused']);
  });
});
