import { erasureCompleted } from '@heed/contracts-dsar';
import { messageFailed, messageSent } from '@heed/contracts-notifications';
import { holdPlaced, holdPlacedOnPerson, holdReleased } from '@heed/contracts-retention';
import { keyIdOf } from '@heed/crypto';
import { newEvent, uuidv7 } from '@heed/kernel';
import { eventProbe, eventually } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM, SERVICE } from './consent-under-test.js';

let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.consent.events.v1']);
  const deafen = await consent.listen();
  return async () => {
    await deafen();
    await bus.stop();
    await consent.stop();
  };
});

const inAjuni = { 'x-heed-tenant': 'ajuni' };
type Subject = ReturnType<typeof ada>;

async function known(subject: Subject): Promise<string> {
  return String((await consent.withdraw({ subject, purposes: ['marketing_email'] })).body['ref']);
}

async function resolve(identifiers: Subject['identifiers']): Promise<{ ref: string; aliases: string[] }> {
  const answer = await consent.service.call('POST', '/internal/resolve', SERVICE, { people: [{ identifiers }] }, inAjuni);
  return (answer.body['people'] as { ref: string; aliases: string[] }[])[0]!;
}

/** Only the internal topics: the tenant's own copies are nobody's here. */
const say = async (event: ReturnType<typeof newEvent>): Promise<void> => bus.publish({ ...event, topics: event.topics.slice(0, 1) });

async function completed(ref: string, requestId: string = randomUUID(), aliases: string[] = []): Promise<string> {
  const now = consent.clock.now().toISOString();
  const data = { requestId, ref, aliases, asOf: now, closedAt: now };
  await say(newEvent(erasureCompleted, { source: '/heed/dsar', tenant: 'ajuni', key: ref, clock: consent.clock, data }));
  return requestId;
}

async function mailed(ref: string, requestId: string, template = 'request_closed'): Promise<void> {
  const data = { messageId: uuidv7(), requestId, ref, template, sentAt: consent.clock.now().toISOString() };
  await say(newEvent(messageSent, { source: '/heed/notifications', tenant: 'ajuni', key: ref, clock: consent.clock, data }));
}

async function held(ref: string, holdId: string): Promise<void> {
  const data = { holdId, ref, dispatchId: `ret_${uuidv7()}` };
  await say(newEvent(holdPlaced, { source: '/heed/retention', tenant: 'ajuni', key: ref, clock: consent.clock, data }));
  await eventually(async () => expect(await consent.service.sql('SELECT 1 FROM t_ajuni.person_hold WHERE hold_id = $1', [holdId])).toHaveLength(1));
}

const told = (requestId: string): Promise<Record<string, unknown>> =>
  eventually(() => bus.seen('heed.consent.person_erased.v1').find((event) => event.data['requestId'] === requestId)?.data ?? false, { timeoutMs: 20_000 });

const identifiersOf = (ref: string): Promise<readonly object[]> => consent.service.sql('SELECT 1 FROM t_ajuni.identifier WHERE ref = $1', [ref]);
const agesOf = (ref: string): Promise<readonly object[]> => consent.service.sql('SELECT 1 FROM t_ajuni.person_age WHERE ref = $1', [ref]);
/** The data key that a person's identifier is sealed under, and whether the keys database has it. */
async function keyOf(ref: string): Promise<string> {
  const [row] = await consent.service.sql<{ sealed: Buffer }>('SELECT sealed FROM t_ajuni.identifier WHERE ref = $1', [ref]);
  return keyIdOf(row!.sealed);
}
async function keysThere(keyId: string): Promise<number> {
  const keys = new pg.Client({ connectionString: consent.bed.keys.adminUrl });
  await keys.connect();
  const { rowCount } = await keys.query('SELECT 1 FROM consent.data_key WHERE id = $1', [keyId]);
  await keys.end();
  return rowCount ?? 0;
}
const taskOf = async (requestId: string): Promise<Record<string, unknown> | undefined> =>
  (await consent.service.sql<Record<string, unknown>>('SELECT * FROM t_ajuni.erasure_task WHERE request_id = $1', [requestId]))[0];

describe('a person whose erasure every store has answered', () => {
  it('is forgotten once the closing mail went out: identifiers gone, decisions kept under the ref, and the ledger says so', async () => {
    const subject = ada();
    const ref = await known(subject);
    await consent.decide({ subject, decisions: [{ purpose: 'analytics', decision: 'given' }], age: 9 });
    expect(await agesOf(ref)).toHaveLength(1);
    const keyId = await keyOf(ref);
    expect(await keysThere(keyId)).toBe(1);
    const requestId = await completed(ref);
    await eventually(async () => expect(await taskOf(requestId)).toMatchObject({ state: 'waiting' }));
    await mailed(ref, requestId, 'request_received');
    expect(await identifiersOf(ref)).toHaveLength(1);
    await mailed(ref, requestId);
    const event = await told(requestId);
    expect(event).toMatchObject({ ref, outcome: 'erased', identifiers: 1, keys: 1, erasedAt: consent.clock.now().toISOString() });
    expect(await identifiersOf(ref)).toHaveLength(0);
    expect(await agesOf(ref), 'what was said of their age').toHaveLength(0);
    expect(await consent.service.sql('SELECT kind, subject_ref FROM t_ajuni.ledger_entry WHERE id = $1', [event['ledgerEntryId']])).toEqual([
      { kind: 'person.erased', subject_ref: ref },
    ]);
    const shown = await consent.service.call('GET', `/v1/subjects/${ref}`, PLATFORM);
    expect(shown.body).toMatchObject({ identifiers: [], erasedAt: consent.clock.now().toISOString(), preferences: [{ purpose: 'marketing_email', state: 'withdrawn' }] });
    expect((await resolve(subject.identifiers)).ref).not.toBe(ref);

    await eventually(async () => expect(await keysThere(keyId)).toBe(0));
    await eventually(async () => {
      const kinds = await consent.service.sql<{ kind: string }>(`SELECT kind FROM t_ajuni.ledger_entry WHERE subject_ref = $1 AND kind LIKE 'key.%' ORDER BY kind`, [ref]);
      expect(kinds.map(({ kind }) => kind)).toEqual(['key.destroyed', 'key.shred_ordered']);
    });
  });

  it('is forgotten as well when the mail failed, when its outcome came first, and a day after the closing when nothing is heard of it', async () => {
    const [failed, early, silent] = [await known(ada()), await known(ada()), await known(ada())];
    const requestId = randomUUID();
    const data = { messageId: uuidv7(), requestId, ref: failed, template: 'request_closed', reason: 'address_unknown' };
    await completed(failed, requestId);
    await say(newEvent(messageFailed, { source: '/heed/notifications', tenant: 'ajuni', key: failed, clock: consent.clock, data }));
    expect(await told(requestId)).toMatchObject({ outcome: 'erased' });

    const first = randomUUID();
    await mailed(early, first);
    await eventually(async () => expect(await taskOf(first)).toMatchObject({ ref: null }));
    await completed(early, first);
    expect(await told(first)).toMatchObject({ outcome: 'erased' });

    const unheard = await completed(silent);
    await eventually(async () => expect(await taskOf(unheard)).toMatchObject({ state: 'waiting' }));
    consent.clock.advance({ hours: 23 });
    expect(await identifiersOf(silent)).toHaveLength(1);
    consent.clock.advance({ hours: 1 });
    expect(await told(unheard)).toMatchObject({ outcome: 'erased' });
  });

  it('who agreed to something again since they asked is kept, and that is said', async () => {
    const subject = ada();
    const ref = await known(subject);
    const requestId = await completed(ref);
    consent.clock.advance({ minutes: 5 });
    await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    await mailed(ref, requestId);
    expect(await told(requestId)).toMatchObject({ outcome: 'kept', identifiers: 0, keys: 0 });
    expect(await identifiersOf(ref)).toHaveLength(1);
    expect((await consent.check({ subject, purpose: 'marketing_email' })).body).toMatchObject({ allowed: true });
  });

  it('all refs of the person are forgotten; the same case told twice, and a second case about them, change nothing more', async () => {
    const [one, other] = [ada().identifiers[0]!, { type: 'user_id', value: randomUUID() }];
    const [first, second] = [await resolve([one]), await resolve([other])];
    const requestId = await completed(first.ref, undefined, [second.ref]);
    await mailed(first.ref, requestId);
    expect(await told(requestId)).toMatchObject({ outcome: 'erased', identifiers: 2, aliases: [second.ref] });
    await completed(first.ref, requestId, [second.ref]);
    const again = await completed(first.ref, undefined, [second.ref]);
    await mailed(first.ref, again);
    expect(await told(again)).toMatchObject({ outcome: 'erased', identifiers: 0, keys: 0 });
    expect(bus.seen('heed.consent.person_erased.v1').filter((event) => event.data['requestId'] === requestId)).toHaveLength(1);
  });

  it('a legal hold that stands keeps them known until it is released', async () => {
    const ref = await known(ada());
    const holdId = randomUUID();
    await held(ref, holdId);
    const requestId = await completed(ref);
    await mailed(ref, requestId);
    await eventually(async () => expect(await taskOf(requestId)).toMatchObject({ state: 'held' }), { timeoutMs: 20_000 });
    expect(await identifiersOf(ref)).toHaveLength(1);
    const data = { holdId, ref, dispatchId: `ret_${uuidv7()}`, aliases: [] };
    await say(newEvent(holdReleased, { source: '/heed/retention', tenant: 'ajuni', key: ref, clock: consent.clock, data }));
    expect(await told(requestId)).toMatchObject({ outcome: 'erased' });
  });

  it('a hold on somebody keeps them known under every ref of theirs, whichever the erasure is about, until it is released', async () => {
    const [ref, alias] = [await known(ada()), await known(ada())];
    const hold = { holdId: randomUUID(), ref, dispatchId: `ret_${uuidv7()}` };
    const from = { source: '/heed/retention', tenant: 'ajuni', key: ref, clock: consent.clock };
    await held(ref, hold.holdId); // as version 1 says it, of one ref alone
    await say(newEvent(holdPlacedOnPerson, { ...from, data: { ...hold, aliases: [alias] } }));
    await eventually(async () => expect(await consent.service.sql('SELECT 1 FROM t_ajuni.person_hold WHERE hold_id = $1', [hold.holdId])).toHaveLength(2));
    const requestId = await completed(alias);
    await mailed(alias, requestId);
    await eventually(async () => expect(await taskOf(requestId)).toMatchObject({ state: 'held' }), { timeoutMs: 20_000 });
    expect(await identifiersOf(alias)).toHaveLength(1);
    await say(newEvent(holdReleased, { ...from, data: { ...hold, aliases: [alias] } }));
    expect(await told(requestId)).toMatchObject({ outcome: 'erased' });
  });

  it('a withdrawal that a store has not answered ends as what it is, and gives way to the answer that still comes', async () => {
    const withdrawn = await consent.withdraw({ subject: ada(), purposes: ['marketing_email'] });
    const [ref, dispatchId] = [String(withdrawn.body['ref']), String(withdrawn.body['dispatchId'])];
    const command = await consent.commandFor(dispatchId);
    const requestId = await completed(ref);
    await mailed(ref, requestId);
    await told(requestId);
    consent.clock.advance({ hours: 2 });
    const dispatch = async (): Promise<Record<string, unknown>> => (await consent.service.call('GET', `/v1/dispatches/${dispatchId}`, PLATFORM)).body;
    await eventually(async () => expect(await dispatch()).toMatchObject({ state: 'done', targets: [{ dataStore: 'crm', state: 'cancelled', reason: 'person_erased' }] }), { timeoutMs: 20_000 });
    await consent.acknowledge(command, 'crm', consent.agent.keys);
    await eventually(async () => expect(await dispatch()).toMatchObject({ targets: [{ dataStore: 'crm', state: 'done', rows: 1 }] }), { timeoutMs: 20_000 });
  });

  it('by ref a no is taken down and its dispatch says that nobody can be named; a yes is refused', async () => {
    const ref = await known(ada());
    const requestId = await completed(ref);
    await mailed(ref, requestId);
    await told(requestId);
    expect((await consent.decide({ subject: { ref }, decisions: [{ purpose: 'marketing_email', decision: 'given' }] })).body).toMatchObject({ status: 422, code: 'subject_erased' });
    const no = await consent.withdraw({ subject: { ref }, purposes: ['marketing_email'] });
    expect(no.status).toBe(202);
    await eventually(async () => {
      const { body } = await consent.service.call('GET', `/v1/dispatches/${String(no.body['dispatchId'])}`, PLATFORM);
      expect(body).toMatchObject({ state: 'done', targets: [{ state: 'cancelled', reason: 'person_erased' }] });
    });
  });

  it('whoever writes about them while they are being forgotten loses nothing: a new person is made, under the identifiers that were told', async () => {
    const people = Array.from({ length: 20 }, () => ada());
    const refs = await Promise.all(people.map(known));
    const requests = await Promise.all(refs.map((ref) => completed(ref)));
    const writing = people.flatMap((subject, i) => [mailed(refs[i]!, requests[i]!), ...[0, 1, 2].map(() => consent.withdraw({ subject, purposes: ['marketing_email'] }))]);
    const answers = (await Promise.all(writing)).flatMap((answer) => answer ?? []);
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 202));
    await eventually(() => {
      consent.clock.advance({ seconds: 1 }); // who was busy is looked at again a moment later
      const erased = bus.seen('heed.consent.person_erased.v1').map((event) => event.data['requestId']);
      return requests.every((id) => erased.includes(id));
    }, { timeoutMs: 20_000, everyMs: 100 });
    const withdrawals = (): readonly unknown[] => bus.seen('heed.consent.withdrawn.v1').map((event) => event.data['dispatchId']);
    await eventually(async () => expect(withdrawals()).toEqual(expect.arrayContaining(answers.map((answer) => answer.body['dispatchId']))), { timeoutMs: 20_000 });
    // Events of one ref stand in the order of its lock: what was decided after somebody was forgotten is a new person's.
    for (const ref of refs) expect(bus.order(ref).at(-1)?.type).toBe('heed.consent.person_erased.v1');
    for (const subject of people) {
      const { body } = await consent.check({ subject, purpose: 'marketing_email' });
      const { ref } = await resolve(subject.identifiers);
      expect(['withdrawn', 'no_decision']).toContain(body['reason']);
      expect((await identifiersOf(ref)).length).toBe(1);
    }
  });

  it('one person whose merges are not what they should be keeps nobody else from being forgotten', async () => {
    const [broken, other, well] = [await known(ada()), await known(ada()), await known(ada())];
    await consent.service.sql('UPDATE t_ajuni.subject SET person = $2 WHERE ref = $1', [broken, other]); // no history says so
    const [bad, good] = [randomUUID(), randomUUID()];
    const at = consent.clock.now();
    const insert = `INSERT INTO t_ajuni.erasure_task (request_id, ref, as_of, closed_at, due_at) VALUES ($1, $3, $5, $5, $5), ($2, $4, $5, $5, $5)`;
    await consent.service.sql(insert, [bad, good, broken, well, at]);
    await mailed(well, await completed(await known(ada()))); // reminds the job
    expect(await told(good)).toMatchObject({ ref: well, outcome: 'erased' });
    const [task] = await consent.service.sql<{ state: string; due_at: Date }>('SELECT state, due_at FROM t_ajuni.erasure_task WHERE request_id = $1', [bad]);
    expect([task?.state, Number(task?.due_at) > at.getTime()]).toEqual(['waiting', true]); // put off, and tried again
    await consent.service.sql('DELETE FROM t_ajuni.erasure_task WHERE request_id = $1', [bad]);
  });
});
