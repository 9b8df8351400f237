import { eventually } from '@heed/testing';
import type { Answer } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, PLATFORM } from './consent-under-test.js';
import type { ConsentUnderTest } from './consent-under-test.js';
import { cookie, PeopleWhoMeet, user } from './people-who-meet.js';
import type { Identifiers } from './people-who-meet.js';

let consent: ConsentUnderTest;
let people: PeopleWhoMeet;

beforeAll(async () => {
  people = await PeopleWhoMeet.start();
  ({ consent } = people);
  return people.stop;
});

describe('a log-in', () => {
  const logIn = (ref: string, identifiers: Identifiers): Promise<Answer> => people.call(ref, 'identifiers', { identifiers, reason: 'login' });

  it('joins what a visitor decided with the person; a yes and a no come to the no, whichever is newer', async () => {
    const [visitor, person] = [cookie(), user()];
    await people.decide(visitor, 'given', 'analytics');
    await people.decide(visitor, 'given');
    const ref = await people.withdraw(person);
    const anonymous = await people.decide(visitor, 'given');
    expect(await logIn(ref, visitor.identifiers)).toMatchObject({ status: 200, body: { ref, linked: 1 } });
    expect([await people.may(visitor), await people.may(person)]).toEqual(['withdrawn', 'withdrawn']);
    expect([await people.may(visitor, 'analytics'), await people.may(person, 'analytics')]).toEqual(['given', 'given']);
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining(visitor.identifiers));
    expect(await people.shown(anonymous)).toMatchObject({ ref, aliases: [anonymous] });
  });

  it('of the next person on a shared device takes the device and none of the decisions', async () => {
    const [device, first, second] = [cookie(), user(), user()];
    await people.decide(device, 'given', 'analytics');
    const ref = await people.decide(first, 'given');
    await logIn(ref, device.identifiers);
    const next = await people.withdraw(second);
    expect(await logIn(next, device.identifiers)).toMatchObject({ status: 200, body: { ref: next, linked: 1 } });
    expect([await people.may(device, 'analytics'), await people.may(device)]).toEqual(['no_decision', 'withdrawn']);
    expect([await people.may(first, 'analytics'), await people.may(first)]).toEqual(['given', 'given']);
    expect(await people.toldOff([next])).toEqual(expect.arrayContaining(device.identifiers));
    await logIn(ref, device.identifiers);
    expect(await people.may(device, 'analytics')).toBe('given');
    expect(await people.may(second, 'analytics')).toBe('no_decision');
  });

  it('takes nobody’s address or account: these are merged by whoever answers for it', async () => {
    const [one, other] = [ada(), user()];
    const ref = await people.decide(one, 'given');
    await people.decide(other, 'given');
    expect((await logIn(ref, other.identifiers)).body).toMatchObject({ status: 409, code: 'identifier_of_another' });
    const device = cookie();
    await people.decide({ identifiers: [...device.identifiers, ...other.identifiers] }, 'given');
    expect((await people.call(ref, 'identifiers', { identifiers: device.identifiers, reason: 'import' })).body).toMatchObject({ code: 'identifier_of_another' });
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
    await eventually(async () => expect(await people.may(device, 'analytics')).toBe('given'), { timeoutMs: 20_000 });
    await publish('identity_linked.v1', { subject: device, identifiers: person.identifiers, reason: 'login' }); // whichever side the device stands on
    await eventually(async () => expect(await people.may(person, 'analytics')).toBe('given'), { timeoutMs: 20_000 });
  });
});

describe('identifiers', () => {
  it('that are new to somebody who said no before reach the stores, whichever way they were linked', async () => {
    const [one, two, three] = [ada(), user(), user()];
    const ref = await people.withdraw(one);
    expect(await people.call(ref, 'identifiers', { identifiers: two.identifiers })).toMatchObject({ status: 200, body: { ref, linked: 1 } });
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining(two.identifiers));
    await people.decide({ identifiers: [...one.identifiers, ...three.identifiers] }, 'given', 'analytics');
    expect(await people.toldOff([ref])).toEqual(expect.arrayContaining(three.identifiers));
    expect(await people.may(three)).toBe('withdrawn');
  });

  it('that are new to a person whose no is for one domain alone, or whose yes is over, are told what holds of the person as a whole', async () => {
    const [one, linked, named] = [ada(), user(), user()];
    const long = new Date(consent.clock.now().getTime() - 3 * 366 * 86_400_000).toISOString(); // its time is over
    const ref = await people.decide(one, 'given');
    await consent.withdraw({ subject: one, purposes: ['marketing_email'], domain: 'shop.example.com' });
    await consent.decide({ subject: one, decisions: [{ purpose: 'analytics', decision: 'given' }], occurredAt: long });
    const again = async (cause: string): Promise<unknown> =>
      consent.service.sql(`SELECT kind, body->'purposes' AS purposes FROM t_ajuni.dispatch WHERE ref = $1 AND cause->>'type' = $2 ORDER BY kind`, [ref, cause]);
    const whole = [{ kind: 'grant', purposes: ['marketing_email'] }, { kind: 'withdrawal', purposes: ['analytics'] }];
    await people.call(ref, 'identifiers', { identifiers: linked.identifiers });
    expect(await again('identity_changed')).toEqual(whole);
    await people.decide({ identifiers: [...one.identifiers, ...named.identifiers] }, 'refused', 'security');
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
    const ref = await people.decide({ identifiers: [...one.identifiers, ...two.identifiers] }, 'given');
    await people.withdraw({ ref }, ['analytics']);
    const { status, body } = await people.call(ref, 'identifiers/unlink', { identifiers: two.identifiers });
    expect({ status, body }).toMatchObject({ status: 200, body: { ref, unlinked: 1 } });
    expect([await people.may(one), await people.may(two)]).toEqual(['given', 'no_decision']);
    expect([await people.may(one, 'analytics'), await people.may(two, 'analytics')]).toEqual(['withdrawn', 'withdrawn']);
    expect((await people.call(ref, 'identifiers/unlink', { identifiers: two.identifiers })).body).toMatchObject({ code: 'identifier_not_linked' });
    expect((await people.call(ref, 'identifiers/unlink', { identifiers: one.identifiers })).body).toMatchObject({ code: 'last_identifier' });
    const history = await consent.service.call('GET', `/v1/subjects/${ref}/identity`, PLATFORM);
    expect(history.body['items']).toMatchObject([{ kind: 'unlinked', other: body['other'], identifierType: 'user_id', actor: 'test' }]);
    expect(JSON.stringify(history.body)).not.toContain(two.identifiers[0]!.value);
  });
});
