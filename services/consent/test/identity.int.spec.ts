import { openEnvelope } from '@heed/crypto';
import { UnitOfWork } from '@heed/persistence';
import { eventually } from '@heed/testing';
import type { Answer } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { LinkIdentifiers } from '../src/identity/link-identifiers.use-case.js';
import { ada, ConsentUnderTest, PLATFORM, SERVICE } from './consent-under-test.js';

type Identifiers = { type: string; value: string }[];

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  const deafen = await consent.listen();
  return async () => {
    await deafen();
    await consent.stop();
  };
});

const cookie = (): { identifiers: Identifiers } => ({ identifiers: [{ type: 'cookie_id', value: randomUUID() }] });
const user = (): { identifiers: Identifiers } => ({ identifiers: [{ type: 'user_id', value: randomUUID() }] });
const call = (ref: string, act: string, body: unknown): Promise<Answer> => {
  consent.clock.advance({ seconds: 1 });
  return consent.service.call('POST', `/v1/subjects/${ref}/${act}`, PLATFORM, body);
};
const shown = async (ref: string): Promise<Record<string, unknown>> => (await consent.service.call('GET', `/v1/subjects/${ref}`, PLATFORM)).body;

async function decide(subject: object, decision: 'given' | 'refused', purpose = 'marketing_email'): Promise<string> {
  consent.clock.advance({ seconds: 1 });
  const answer = await consent.decide({ subject, decisions: [{ purpose, decision }] });
  expect(answer.status).toBe(201);
  return String(answer.body['ref']);
}

async function withdraw(subject: object, purposes: string[] | 'all' = ['marketing_email']): Promise<string> {
  consent.clock.advance({ seconds: 1 });
  const answer = await consent.withdraw({ subject, purposes });
  expect(answer.status).toBe(202);
  return String(answer.body['ref']);
}

const may = async (subject: object, purpose = 'marketing_email'): Promise<unknown> => (await consent.check({ subject, purpose })).body['reason'];

/** The identifiers that the store `crm` has been told to switch marketing off for, by any command of these refs. */
async function toldOff(refs: readonly string[]): Promise<Identifiers> {
  const dispatches = await consent.service.sql<{ id: string }>(
    `SELECT id FROM t_ajuni.dispatch WHERE kind = 'withdrawal' AND ref = ANY($1) AND body->'purposes' ? 'marketing_email'`,
    [refs],
  );
  const commands = await Promise.all(dispatches.map(({ id }) => consent.commandFor(id)));
  return commands.flatMap((command) => openEnvelope(command.sealed, { store: 'crm', privateKey: consent.agent.keys.encryption, aad: `ajuni|${command.dispatchId}` }).identifiers);
}

describe('a merge', () => {
  it('makes two refs one person: what either had said no to is denied for both, and every store hears it with the identifiers of both', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await decide(one, 'given'), await withdraw(other)];
    const merged = await call(ref, 'merge', { other: alias, reason: 'duplicate_account' });
    expect(merged).toMatchObject({ status: 200, body: { ref, aliases: [alias] } });
    for (const subject of [one, other, { ref }, { ref: alias }]) expect(await may(subject)).toBe('withdrawn');
    expect(await toldOff([ref])).toEqual(expect.arrayContaining([...one.identifiers, ...other.identifiers]));
    expect(await shown(alias)).toMatchObject({ ref, aliases: [alias], identifiers: [{ type: 'email' }, { type: 'user_id' }], preferences: [{ state: 'withdrawn' }] });
    const register = await consent.service.call('GET', `/v1/consents?ref=${alias}`, PLATFORM);
    expect((register.body['items'] as { ref: string; state: string }[]).map((record) => [record.ref, record.state])).toEqual([
      [ref, 'withdrawn'], [alias, 'withdrawn'], [ref, 'given'],
    ]);
  });

  it('a no is a no for both although the yes is newer; a yes of one alone counts for both', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await withdraw(one), await decide(other, 'given')];
    await decide(other, 'given', 'analytics');
    await call(ref, 'merge', { other: alias });
    expect([await may(other), await may(one)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await may(other, 'analytics'), await may(one, 'analytics')]).toEqual(['given', 'given']);
    expect(await toldOff([ref])).toEqual(expect.arrayContaining(other.identifiers));
    const [carried] = await consent.service.sql<{ detail: unknown }>(
      `SELECT detail FROM t_ajuni.consent_record WHERE ref = $1 AND purpose = 'analytics'`, [ref]);
    expect(carried?.detail).toMatchObject({ carriedFrom: expect.any(String), changeId: expect.any(String) });
  });

  it('what is decided afterwards, by whichever ref or identifier, is decided once and for the whole person', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await decide(one, 'given'), await decide(other, 'given')];
    await call(ref, 'merge', { other: alias });
    const withdrawn = await consent.withdraw({ subject: { ref: alias }, purposes: ['marketing_email'] });
    expect(withdrawn.body['ref']).toBe(ref);
    const command = await consent.commandFor(withdrawn.body['dispatchId']);
    expect(command).toMatchObject({ ref, aliases: [alias] });
    expect(await toldOff([ref])).toEqual(expect.arrayContaining([...one.identifiers, ...other.identifiers]));
    expect(await decide({ identifiers: [...one.identifiers, ...other.identifiers] }, 'given')).toBe(ref);
    expect(await may(other)).toBe('given');
  });

  it('a grant that is still on its way to a store under the other ref is not sent again', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await withdraw(one), await decide(other, 'given')];
    await call(ref, 'merge', { other: alias });
    const targets = await consent.service.sql(
      `SELECT t.state, t.reason, d.state AS dispatch FROM t_ajuni.dispatch d JOIN t_ajuni.dispatch_target t ON t.dispatch_id = d.id WHERE d.ref = $1 AND d.kind = 'grant'`,
      [alias],
    );
    expect(targets).toEqual([{ state: 'superseded', reason: 'person_merged', dispatch: 'done' }]);
    expect(await toldOff([alias])).toEqual(expect.arrayContaining(other.identifiers)); // in line with the grant that may be under way
  });

  it('of merged people is one person under one ref; whoever is one person already, unknown or erased is refused', async () => {
    const people = [ada(), user(), ada()];
    const [a, b, c] = [await decide(people[0]!, 'given'), await decide(people[1]!, 'given'), await withdraw(people[2]!)];
    await call(b, 'merge', { other: c });
    expect((await call(a, 'merge', { other: b })).body).toMatchObject({ ref: a, aliases: expect.arrayContaining([b, c]) });
    for (const subject of people) expect(await may(subject)).toBe('withdrawn');
    expect((await call(c, 'merge', { other: a })).body).toMatchObject({ status: 409, code: 'already_one_person' });
    expect((await call(a, 'merge', { other: `sub_${'0'.repeat(32)}` })).status).toBe(404);
    const gone = await decide(ada(), 'given');
    await consent.service.sql('UPDATE t_ajuni.subject SET erased_at = now() WHERE ref = $1', [gone]);
    expect((await call(a, 'merge', { other: gone })).body).toMatchObject({ status: 422, code: 'subject_erased' });
  });

  it('other services find the person under every ref, and what they seal is about the refs that they name', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await decide(one, 'given'), await decide(other, 'given')];
    await call(ref, 'merge', { other: alias });
    const inAjuni = { 'x-heed-tenant': 'ajuni' };
    const found = await consent.service.call('POST', '/internal/resolve', SERVICE, { people: [other] }, inAjuni);
    expect(found.body).toEqual({ people: [{ ref, aliases: [alias] }] });
    const sealedFor = async (refs: { ref: string; aliases: string[] }): Promise<Identifiers> => {
      const dispatchId = `dsr_${randomUUID()}`;
      const answer = await consent.service.call('POST', '/internal/seal', SERVICE, { dispatches: [{ dispatchId, ...refs, stores: ['crm'] }] }, inAjuni);
      const [{ sealed } = { sealed: undefined }] = answer.body['dispatches'] as { sealed: Parameters<typeof openEnvelope>[0] }[];
      return openEnvelope(sealed!, { store: 'crm', privateKey: consent.agent.keys.encryption, aad: `ajuni|${dispatchId}` }).identifiers;
    };
    expect(await sealedFor({ ref, aliases: [] })).toEqual(one.identifiers);
    expect(await sealedFor({ ref: alias, aliases: [] })).toEqual(other.identifiers);
    expect(await sealedFor({ ref, aliases: [alias] })).toEqual(expect.arrayContaining([...one.identifiers, ...other.identifiers]));
  });
});

describe('a split', () => {
  it('gives everybody back what was theirs: identifiers, and the yes that each had said alone', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await decide(one, 'given'), await decide(other, 'given', 'analytics')];
    await call(ref, 'merge', { other: alias });
    expect(await may(other)).toBe('given');
    expect((await call(ref, 'split', { other: alias })).body).toMatchObject({ ref, aliases: [] });
    expect([await may(one), await may(other)]).toEqual(['given', 'no_decision']);
    expect([await may(one, 'analytics'), await may(other, 'analytics')]).toEqual(['invalidated', 'given']);
    expect(await shown(alias)).toMatchObject({ ref: alias, aliases: [], identifiers: [{ type: 'user_id' }] });
    expect(await withdraw(other)).toBe(alias);
    expect(await may(one)).toBe('given');
    expect((await call(ref, 'split', { other: alias })).body).toMatchObject({ status: 409, code: 'not_merged' });
  });

  it('a no of the time in between stays with both, a yes of it with neither', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await decide(one, 'given'), await decide(other, 'given')];
    await call(ref, 'merge', { other: alias });
    await withdraw(other);
    await decide(one, 'given', 'analytics');
    await call(ref, 'split', { other: alias });
    expect([await may(one), await may(other)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await may(one, 'analytics'), await may(other, 'analytics')]).toEqual(['invalidated', 'no_decision']);
    expect(await toldOff([alias])).toEqual(expect.arrayContaining(other.identifiers));
  });

  it('parts one who came with others, who go along', async () => {
    const [a, b, c] = [await decide(ada(), 'given'), await decide(user(), 'given'), await decide(ada(), 'given')];
    await call(b, 'merge', { other: c });
    await call(a, 'merge', { other: b });
    expect((await call(a, 'split', { other: b })).body).toMatchObject({ ref: a, aliases: [] });
    expect(await shown(c)).toMatchObject({ ref: b, aliases: [c] });
    expect((await call(b, 'split', { other: c })).status).toBe(200);
    expect(await shown(c)).toMatchObject({ ref: c, aliases: [] });
    const history = await consent.service.call('GET', `/v1/subjects/${b}/identity`, PLATFORM);
    expect((history.body['items'] as { kind: string; other: string }[]).map(({ kind, other }) => [kind, other])).toEqual([
      ['split', c], ['split', b], ['merged', b], ['merged', c],
    ]);
  });
});

describe('a log-in', () => {
  const logIn = (ref: string, identifiers: Identifiers): Promise<Answer> => call(ref, 'identifiers', { identifiers, reason: 'login' });

  it('joins what a visitor decided with the person; a yes and a no come to the no, whichever is newer', async () => {
    const [visitor, person] = [cookie(), user()];
    await decide(visitor, 'given', 'analytics');
    await decide(visitor, 'given');
    const ref = await withdraw(person);
    const anonymous = await decide(visitor, 'given');
    expect(await logIn(ref, visitor.identifiers)).toMatchObject({ status: 200, body: { ref, linked: 1 } });
    expect([await may(visitor), await may(person)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await may(visitor, 'analytics'), await may(person, 'analytics')]).toEqual(['given', 'given']);
    expect(await toldOff([ref])).toEqual(expect.arrayContaining(visitor.identifiers));
    expect(await shown(anonymous)).toMatchObject({ ref, aliases: [anonymous] });
  });

  it('of the next person on a shared device takes the device and none of the decisions', async () => {
    const [device, first, second] = [cookie(), user(), user()];
    await decide(device, 'given', 'analytics');
    const ref = await decide(first, 'given');
    await logIn(ref, device.identifiers);
    const next = await withdraw(second);
    expect(await logIn(next, device.identifiers)).toMatchObject({ status: 200, body: { ref: next, linked: 1 } });
    expect([await may(device, 'analytics'), await may(device)]).toEqual(['no_decision', 'withdrawn']);
    expect([await may(first, 'analytics'), await may(first)]).toEqual(['given', 'given']);
    expect(await toldOff([next])).toEqual(expect.arrayContaining(device.identifiers));
    await logIn(ref, device.identifiers);
    expect(await may(device, 'analytics')).toBe('given');
    expect(await may(second, 'analytics')).toBe('no_decision');
  });

  it('takes nobody’s address or account: these are merged by whoever answers for it', async () => {
    const [one, other] = [ada(), user()];
    const ref = await decide(one, 'given');
    await decide(other, 'given');
    expect((await logIn(ref, other.identifiers)).body).toMatchObject({ status: 409, code: 'identifier_of_another' });
    const device = cookie();
    await decide({ identifiers: [...device.identifiers, ...other.identifiers] }, 'given');
    expect((await call(ref, 'identifiers', { identifiers: device.identifiers, reason: 'import' })).body).toMatchObject({ code: 'identifier_of_another' });
  });

  it('that a platform team publishes counts in line with what it published before', async () => {
    const [device, person] = [cookie(), user()];
    const publish = (type: string, data: unknown): Promise<void> =>
      consent.publisher.publish([
        {
          topic: `${consent.bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: null, value: JSON.stringify(data),
          headers: {
            ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/shop', ce_type: `heed.ingress.${type}`, ce_time: consent.clock.now().toISOString(),
            'content-type': 'application/json',
          },
        },
      ]);
    await publish('consent_given.v1', { subject: device, decisions: [{ purpose: 'analytics', decision: 'given' }] });
    await eventually(async () => expect(await may(device, 'analytics')).toBe('given'), { timeoutMs: 20_000 });
    await publish('identity_linked.v1', { subject: device, identifiers: person.identifiers, reason: 'login' }); // whichever side the device stands on
    await eventually(async () => expect(await may(person, 'analytics')).toBe('given'), { timeoutMs: 20_000 });
  });
});

describe('identifiers', () => {
  it('that are new to somebody who said no before reach the stores, whichever way they were linked', async () => {
    const [one, two, three] = [ada(), user(), user()];
    const ref = await withdraw(one);
    expect(await call(ref, 'identifiers', { identifiers: two.identifiers })).toMatchObject({ status: 200, body: { ref, linked: 1 } });
    expect(await toldOff([ref])).toEqual(expect.arrayContaining(two.identifiers));
    await decide({ identifiers: [...one.identifiers, ...three.identifiers] }, 'given', 'analytics');
    expect(await toldOff([ref])).toEqual(expect.arrayContaining(three.identifiers));
    expect(await may(three)).toBe('withdrawn');
  });

  it('that are new to a person whose no is for one domain alone, or whose yes is over, are told what holds of the person as a whole', async () => {
    const [one, linked, named] = [ada(), user(), user()];
    const long = new Date(consent.clock.now().getTime() - 3 * 366 * 86_400_000).toISOString(); // its time is over
    const ref = await decide(one, 'given');
    await consent.withdraw({ subject: one, purposes: ['marketing_email'], domain: 'shop.example.com' });
    await consent.decide({ subject: one, decisions: [{ purpose: 'analytics', decision: 'given' }], occurredAt: long });
    const again = async (cause: string): Promise<unknown> =>
      consent.service.sql(`SELECT kind, body->'purposes' AS purposes FROM t_ajuni.dispatch WHERE ref = $1 AND cause->>'type' = $2 ORDER BY kind`, [ref, cause]);
    const whole = [{ kind: 'grant', purposes: ['marketing_email'] }, { kind: 'withdrawal', purposes: ['analytics'] }];
    await call(ref, 'identifiers', { identifiers: linked.identifiers });
    expect(await again('identity_changed')).toEqual(whole);
    await decide({ identifiers: [...one.identifiers, ...named.identifiers] }, 'refused', 'security');
    expect(await again('identifiers_linked')).toEqual(whole);
    const told = await consent.service.sql(
      `SELECT e.data->>'kind' AS kind, e.data->'purposes' AS purposes FROM t_ajuni.ledger_entry e JOIN t_ajuni.dispatch d ON d.id = e.data->>'dispatchId'
        WHERE e.kind = 'consent.restated' AND d.ref = $1 AND (e.data->>'version')::int = d.version ORDER BY d.version, 1`,
      [ref],
    );
    expect(told).toEqual([...whole, ...whole]);
  });

  it('that are not the person’s become somebody’s who agreed to nothing and keeps every no', async () => {
    const [one, two] = [ada(), user()];
    const ref = await decide({ identifiers: [...one.identifiers, ...two.identifiers] }, 'given');
    await withdraw({ ref }, ['analytics']);
    const { status, body } = await call(ref, 'identifiers/unlink', { identifiers: two.identifiers });
    expect({ status, body }).toMatchObject({ status: 200, body: { ref, unlinked: 1 } });
    expect([await may(one), await may(two)]).toEqual(['given', 'no_decision']);
    expect([await may(one, 'analytics'), await may(two, 'analytics')]).toEqual(['withdrawn', 'withdrawn']);
    expect((await call(ref, 'identifiers/unlink', { identifiers: two.identifiers })).body).toMatchObject({ code: 'identifier_not_linked' });
    expect((await call(ref, 'identifiers/unlink', { identifiers: one.identifiers })).body).toMatchObject({ code: 'last_identifier' });
    const history = await consent.service.call('GET', `/v1/subjects/${ref}/identity`, PLATFORM);
    expect(history.body['items']).toMatchObject([{ kind: 'unlinked', other: body['other'], identifierType: 'user_id', actor: 'test' }]);
    expect(JSON.stringify(history.body)).not.toContain(two.identifiers[0]!.value);
  });
});

describe('at the same time', () => {
  it('lists of log-ins of the same people in opposite orders are all taken, and none has another given up', async () => {
    const people = Array.from({ length: 12 }, () => ada());
    for (const person of people) await decide(person, 'given');
    const { app } = consent.service.service;
    const [unitOfWork, linking] = [app.get(UnitOfWork, { strict: false }), app.get(LinkIdentifiers, { strict: false })];
    const logIns = (of: typeof people) => of.map((person) => ({ person, identifiers: user().identifiers, reason: 'login' as const, actor: 'shop', cause: { correlationId: randomUUID() } }));
    const lists = Array.from({ length: 4 }, (_, i) => logIns(i % 2 === 0 ? people : people.toReversed()));
    await Promise.all(lists.map((links) => unitOfWork.run('ajuni', (tx) => linking.linkAll(tx, links))));
    for (const { identifiers } of lists.flat()) expect(await may({ identifiers })).toBe('given');
  });

  it('merges, log-ins and decisions of the same people leave one person, and no withdrawal is lost', async () => {
    const people = Array.from({ length: 6 }, () => ada());
    const refs = await Promise.all(people.map((person) => decide(person, 'given')));
    const acts = [
      ...refs.slice(1).map((ref, i) => call(refs[i]!, 'merge', { other: ref })),
      ...refs.slice(1).map((ref, i) => call(ref, 'merge', { other: refs[i]! })),
      ...people.map((subject) => consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] })),
      consent.withdraw({ subject: people[3]!, purposes: ['marketing_email'] }),
    ];
    const statuses = (await Promise.all(acts)).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 201, 202, 409, 503].includes(status))).toEqual([]);
    for (const [i, ref] of refs.slice(1).entries()) {
      await eventually(async () => expect([200, 409]).toContain((await call(refs[i]!, 'merge', { other: ref })).status));
    }
    await withdraw(people[5]!, ['marketing_email']);
    for (const subject of people) expect(await may(subject)).toBe('withdrawn');
    expect(new Set(await Promise.all(refs.map(async (ref) => (await shown(ref))['ref']))).size).toBe(1);
  });
});
