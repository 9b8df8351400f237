import { openEnvelope } from '@heed/crypto';
import { UnitOfWork } from '@heed/persistence';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { LinkIdentifiers } from '../src/identity/link-identifiers.use-case.js';
import { ada, PLATFORM, SERVICE } from './consent-under-test.js';
import type { ConsentUnderTest } from './consent-under-test.js';
import { PeopleWhoMeet, user } from './people-who-meet.js';
import type { Identifiers } from './people-who-meet.js';

let consent: ConsentUnderTest;
let people: PeopleWhoMeet;

beforeAll(async () => {
  people = await PeopleWhoMeet.start();
  ({ consent } = people);
  return people.stop;
});

describe('a merge', () => {
  it('makes two refs one person: what either had said no to is denied for both, and every store hears it with the identifiers of both', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.decide(one, 'given'), await people.withdraw(other)];
    const merged = await people.call(ref, 'merge', { other: alias, reason: 'duplicate_account' });
    expect(merged).toMatchObject({ status: 200, body: { ref, aliases: [alias] } });
    for (const subject of [one, other, { ref }, { ref: alias }]) expect(await people.may(subject)).toBe('withdrawn');
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining([...one.identifiers, ...other.identifiers]));
    expect(await people.shown(alias)).toMatchObject({ ref, aliases: [alias], identifiers: [{ type: 'email' }, { type: 'user_id' }], preferences: [{ state: 'withdrawn' }] });
    const register = await consent.service.call('GET', `/v1/consents?ref=${alias}`, PLATFORM);
    expect((register.body['items'] as { ref: string; state: string }[]).map((record) => [record.ref, record.state])).toEqual([
      [ref, 'withdrawn'], [alias, 'withdrawn'], [ref, 'given'],
    ]);
  });

  it('a no is a no for both although the yes is newer; a yes of one alone counts for both', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.withdraw(one), await people.decide(other, 'given')];
    await people.decide(other, 'given', 'analytics');
    await people.call(ref, 'merge', { other: alias });
    expect([await people.may(other), await people.may(one)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await people.may(other, 'analytics'), await people.may(one, 'analytics')]).toEqual(['given', 'given']);
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining(other.identifiers));
    const [carried] = await consent.service.sql<{ detail: unknown }>(
      `SELECT detail FROM t_ajuni.consent_record WHERE ref = $1 AND purpose = 'analytics'`, [ref]);
    expect(carried?.detail).toMatchObject({ carriedFrom: expect.any(String), changeId: expect.any(String) });
  });

  it('what is decided afterwards, by whichever ref or identifier, is decided once and for the whole person', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.decide(one, 'given'), await people.decide(other, 'given')];
    await people.call(ref, 'merge', { other: alias });
    const withdrawn = await consent.withdraw({ subject: { ref: alias }, purposes: ['marketing_email'] });
    expect(withdrawn.body['ref']).toBe(ref);
    const command = await consent.commandFor(withdrawn.body['dispatchId']);
    expect(command).toMatchObject({ ref, aliases: [alias] });
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining([...one.identifiers, ...other.identifiers]));
    expect(await people.decide({ identifiers: [...one.identifiers, ...other.identifiers] }, 'given')).toBe(ref);
    expect(await people.may(other)).toBe('given');
  });

  it('a grant that is still on its way to a store under the other ref is not sent again', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.withdraw(one), await people.decide(other, 'given')];
    await people.call(ref, 'merge', { other: alias });
    const targets = await consent.service.sql(
      `SELECT t.state, t.reason, d.state AS dispatch FROM t_ajuni.dispatch d JOIN t_ajuni.dispatch_target t ON t.dispatch_id = d.id WHERE d.ref = $1 AND d.kind = 'grant'`,
      [alias],
    );
    expect(targets).toEqual([{ state: 'superseded', reason: 'person_merged', dispatch: 'done' }]);
    expect(await people.toldOff([alias])).toEqual(expect.arrayContaining(other.identifiers)); // in line with the grant that may be under way
  });

  it('tells stores what holds of the person as a whole: a no of one for one domain alone switches nothing off', async () => {
    const [one, other] = [ada(), user()];
    const ref = await people.decide(one, 'given');
    await consent.withdraw({ subject: one, purposes: ['marketing_email'], domain: 'shop.example.com' });
    const { body } = await consent.decide({ subject: other, decisions: [{ purpose: 'marketing_email', decision: 'given' }], domain: 'shop.example.com' });
    await people.call(ref, 'merge', { other: body['ref'] });
    const said = await consent.service.sql(`SELECT ref, kind FROM t_ajuni.dispatch WHERE ref = ANY($1) AND cause->>'type' = 'identity_changed'`, [[ref, body['ref']]]);
    expect(said).toEqual([{ ref, kind: 'grant' }]);
    expect(await people.may(other)).toBe('given');
    expect((await consent.check({ subject: other, purpose: 'marketing_email', domain: 'shop.example.com' })).body).toMatchObject({ allowed: false, reason: 'withdrawn' });
  });

  it('of merged people is one person under one ref; whoever is one person already, unknown or erased is refused', async () => {
    const persons = [ada(), user(), ada()];
    const [a, b, c] = [await people.decide(persons[0]!, 'given'), await people.decide(persons[1]!, 'given'), await people.withdraw(persons[2]!)];
    await people.call(b, 'merge', { other: c });
    expect((await people.call(a, 'merge', { other: b })).body).toMatchObject({ ref: a, aliases: expect.arrayContaining([b, c]) });
    for (const subject of persons) expect(await people.may(subject)).toBe('withdrawn');
    expect((await people.call(c, 'merge', { other: a })).body).toMatchObject({ status: 409, code: 'already_one_person' });
    expect((await people.call(a, 'merge', { other: `sub_${'0'.repeat(32)}` })).status).toBe(404);
    const gone = await people.decide(ada(), 'given');
    await consent.service.sql('UPDATE t_ajuni.subject SET erased_at = now() WHERE ref = $1', [gone]);
    expect((await people.call(a, 'merge', { other: gone })).body).toMatchObject({ status: 422, code: 'subject_erased' });
  });

  it('other services find the person under every ref, and what they seal is about the refs that they name', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.decide(one, 'given'), await people.decide(other, 'given')];
    await people.call(ref, 'merge', { other: alias });
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
    const [ref, alias] = [await people.decide(one, 'given'), await people.decide(other, 'given', 'analytics')];
    await people.call(ref, 'merge', { other: alias });
    expect(await people.may(other)).toBe('given');
    expect((await people.call(ref, 'split', { other: alias })).body).toMatchObject({ ref, aliases: [] });
    expect([await people.may(one), await people.may(other)]).toEqual(['given', 'no_decision']);
    expect([await people.may(one, 'analytics'), await people.may(other, 'analytics')]).toEqual(['invalidated', 'given']);
    expect(await people.shown(alias)).toMatchObject({ ref: alias, aliases: [], identifiers: [{ type: 'user_id' }] });
    expect(await people.withdraw(other)).toBe(alias);
    expect(await people.may(one)).toBe('given');
    expect((await people.call(ref, 'split', { other: alias })).body).toMatchObject({ status: 409, code: 'not_merged' });
  });

  it('a no of the time in between stays with both, a yes of it with neither', async () => {
    const [one, other] = [ada(), user()];
    const [ref, alias] = [await people.decide(one, 'given'), await people.decide(other, 'given')];
    await people.call(ref, 'merge', { other: alias });
    await people.withdraw(other);
    await people.decide(one, 'given', 'analytics');
    await people.call(ref, 'split', { other: alias });
    expect([await people.may(one), await people.may(other)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await people.may(one, 'analytics'), await people.may(other, 'analytics')]).toEqual(['invalidated', 'no_decision']);
    expect(await people.toldOff([alias])).toEqual(expect.arrayContaining(other.identifiers));
  });

  it('parts one who came with others, who go along', async () => {
    const [a, b, c] = [await people.decide(ada(), 'given'), await people.decide(user(), 'given'), await people.decide(ada(), 'given')];
    await people.call(b, 'merge', { other: c });
    await people.call(a, 'merge', { other: b });
    expect((await people.call(a, 'split', { other: b })).body).toMatchObject({ ref: a, aliases: [] });
    expect(await people.shown(c)).toMatchObject({ ref: b, aliases: [c] });
    expect((await people.call(b, 'split', { other: c })).status).toBe(200);
    expect(await people.shown(c)).toMatchObject({ ref: c, aliases: [] });
    const history = await consent.service.call('GET', `/v1/subjects/${b}/identity`, PLATFORM);
    expect((history.body['items'] as { kind: string; other: string }[]).map(({ kind, other }) => [kind, other])).toEqual([
      ['split', c], ['split', b], ['merged', b], ['merged', c],
    ]);
  });
});

describe('at the same time', () => {
  it('lists of log-ins of the same people in opposite orders are all taken, and none has another given up', async () => {
    const persons = Array.from({ length: 12 }, () => ada());
    for (const person of persons) await people.decide(person, 'given');
    const { app } = consent.service.service;
    const [unitOfWork, linking] = [app.get(UnitOfWork, { strict: false }), app.get(LinkIdentifiers, { strict: false })];
    const logIns = (of: typeof persons) => of.map((person) => ({ person, identifiers: user().identifiers, reason: 'login' as const, actor: 'shop', cause: { correlationId: randomUUID() } }));
    const lists = Array.from({ length: 4 }, (_, i) => logIns(i % 2 === 0 ? persons : persons.toReversed()));
    await Promise.all(lists.map((links) => unitOfWork.run('ajuni', (tx) => linking.linkAll(tx, links))));
    for (const { identifiers } of lists.flat()) expect(await people.may({ identifiers })).toBe('given');
  });

  it('merges, log-ins and decisions of the same people leave one person, and no withdrawal is lost', async () => {
    const persons = Array.from({ length: 6 }, () => ada());
    const refs = await Promise.all(persons.map((person) => people.decide(person, 'given')));
    const acts = [
      ...refs.slice(1).map((ref, i) => people.call(refs[i]!, 'merge', { other: ref })),
      ...refs.slice(1).map((ref, i) => people.call(ref, 'merge', { other: refs[i]! })),
      ...persons.map((subject) => consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] })),
      consent.withdraw({ subject: persons[3]!, purposes: ['marketing_email'] }),
    ];
    const statuses = (await Promise.all(acts)).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 201, 202, 409, 503].includes(status))).toEqual([]);
    for (const [i, ref] of refs.slice(1).entries()) {
      await eventually(async () => expect([200, 409]).toContain((await people.call(refs[i]!, 'merge', { other: ref })).status));
    }
    await people.withdraw(persons[5]!, ['marketing_email']);
    for (const subject of persons) expect(await people.may(subject)).toBe('withdrawn');
    expect(new Set(await Promise.all(refs.map(async (ref) => (await people.shown(ref))['ref']))).size).toBe(1);
  });
});
