import { loadSamplePack } from '@heed/policy';
import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

type Item = Record<string, unknown>;
type Result = Record<string, unknown>;

const hours = (n: number): string => new Date(consent.clock.now().getTime() + n * 3_600_000).toISOString();
const item = (subject: unknown, decision: string, occurredAt: string, more: Item = {}): Item => ({
  subject, purpose: 'marketing_email', decision, occurredAt, externalId: randomUUID(), ...more,
});
async function sync(items: readonly Item[], source = 'crm'): Promise<readonly Result[]> {
  const { status, body } = await consent.service.call('POST', '/v1/consents/sync', PLATFORM, { source, items });
  expect([status, body['code']]).toEqual([200, undefined]);
  return body['items'] as Result[];
}
const reason = async (subject: unknown): Promise<unknown> => (await consent.check({ subject, purpose: 'marketing_email' })).body['reason'];

describe('decisions from another system', () => {
  it('are recorded with their channel and source, and sent to the stores', async () => {
    const subject = ada();
    const [result] = await sync([item(subject, 'given', hours(-2))]);
    expect(result).toMatchObject({ outcome: 'recorded', state: 'given' });
    const { body } = await consent.service.call('GET', `/v1/consents?ref=${String(result?.['ref'])}`, PLATFORM);
    expect(body['items']).toMatchObject([{ id: result?.['recordId'], state: 'given', method: 'sync', detail: { source: 'crm' }, occurredAt: hours(-2) }]);
    const dispatches = await consent.service.sql(`SELECT kind FROM t_ajuni.dispatch WHERE ref = $1`, [result?.['ref']]);
    expect(dispatches).toEqual([{ kind: 'grant' }]);
  });

  it('count once by source and name, however often a full export is sent, also after the person has decided otherwise', async () => {
    const subject = ada();
    const no = item(subject, 'withdrawn', hours(-1));
    const [first] = await sync([no]);
    expect(first).toMatchObject({ outcome: 'recorded', state: 'withdrawn' });
    consent.clock.advance({ hours: 1 });
    await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
    consent.clock.advance({ days: 30 }); // long after any Idempotency-Key
    const [again, other] = [(await sync([no]))[0], (await sync([no], 'mail-tool'))[0]];
    expect(again).toMatchObject({ outcome: 'duplicate', ref: first?.['ref'], recordId: first?.['recordId'], state: 'given' });
    expect(other).toMatchObject({ outcome: 'recorded', state: 'withdrawn' }); // another source, another decision
  });

  it('are taken once when the same export is sent twice at once', async () => {
    const items = Array.from({ length: 120 }, () => item(ada(), 'withdrawn', hours(-1)));
    const [one, two] = await Promise.all([sync(items), sync(items)]);
    const outcomes = items.map((_, i) => [one[i]?.['outcome'], two[i]?.['outcome']].toSorted().join());
    expect(new Set(outcomes)).toEqual(new Set(['duplicate,recorded']));
    expect(items.map((_, i) => one[i]?.['recordId'])).toEqual(items.map((_, i) => two[i]?.['recordId']));
  });

  it('never beat a withdrawal here with a yes that is older, as old, or from a clock that is two hours ahead', async () => {
    for (const when of [-3, 0, 2]) {
      const subject = ada();
      await consent.decide({ subject, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
      await consent.withdraw({ subject, purposes: ['marketing_email'] });
      const at = hours(when);
      if (when > 0) consent.clock.advance({ minutes: 30 }); // the withdrawal is half an hour old, the yes has yet to happen
      expect([when, (await sync([item(subject, 'given', at)]))[0]]).toMatchObject([when, { outcome: 'without_effect', state: 'withdrawn' }]);
      expect(await reason(subject)).toBe('withdrawn');
    }
  });

  it('give consent again when they are younger than the withdrawal, by a clock that can be believed', async () => {
    const subject = ada();
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    consent.clock.advance({ hours: 2 });
    expect((await sync([item(subject, 'given', hours(-1))]))[0]).toMatchObject({ outcome: 'recorded', state: 'given' });
    expect(await reason(subject)).toBe('given');
  });

  it('count a yes from the future as said now where no no stands, so that a later withdrawal is later', async () => {
    const subject = ada();
    const [result] = await sync([item(subject, 'given', hours(5))]);
    expect(result).toMatchObject({ outcome: 'recorded', state: 'given' });
    const rows = await consent.service.sql<{ occurred_at: Date }>('SELECT occurred_at FROM t_ajuni.consent_record WHERE id = $1', [result?.['recordId']]);
    expect(rows[0]?.occurred_at).toEqual(consent.clock.now());
    consent.clock.advance({ seconds: 1 });
    await consent.withdraw({ subject, purposes: ['marketing_email'] });
    expect(await reason(subject)).toBe('withdrawn');
  });

  it('end with the no, in whichever order an export lists a yes and a later no of one person', async () => {
    const [forward, backward] = [ada(), ada()];
    await sync([item(forward, 'given', hours(-3)), item(forward, 'withdrawn', hours(-1))]);
    await sync([item(backward, 'withdrawn', hours(-1)), item(backward, 'given', hours(-3))]);
    expect([await reason(forward), await reason(backward)]).toEqual(['withdrawn', 'withdrawn']);
  });

  it('are answered one by one: what the policy refuses leaves its neighbours alone, and an attempt at the never-allowed is evidence', async () => {
    const [good, also] = [ada(), ada()];
    const sale = loadSamplePack('ajuni').neverPurposes.find(({ id }) => id === 'sale');
    const results = await sync([
      item(good, 'given', hours(-1)),
      item(ada(), 'given', hours(-1), { purpose: 'sale' }),
      item(ada(), 'withdrawn', hours(-1), { purpose: 'horoscopes' }),
      item({ identifiers: [{ type: 'phone', value: 'call me' }] }, 'withdrawn', hours(-1)),
      item({ ref: `sub_${'0'.repeat(32)}` }, 'withdrawn', hours(-1)),
      item(also, 'withdrawn', hours(-1)),
    ]);
    expect(results).toMatchObject([
      { outcome: 'recorded' },
      { outcome: 'refused', code: 'purpose_denied', promise: sale?.source },
      { outcome: 'refused', code: 'purpose_unknown' },
      { outcome: 'refused', code: 'identifier_invalid' },
      { outcome: 'refused', code: 'subject_unknown' },
      { outcome: 'recorded' },
    ]);
    const evidence = await consent.service.sql(`SELECT data->>'channel' AS channel, data->>'promise' AS promise FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`);
    expect(evidence).toEqual([{ channel: 'sync', promise: sale?.source }]);
    expect([await reason(good), await reason(also)]).toEqual(['given', 'withdrawn']);
  });

  it('are refused where a name comes back with another decision, and answered as one where a list repeats itself', async () => {
    const subject = ada();
    const first = item(subject, 'given', hours(-1));
    expect(await sync([first, first])).toMatchObject([{ outcome: 'recorded' }, { outcome: 'duplicate' }]);
    expect((await sync([{ ...first, decision: 'withdrawn' }]))[0]).toMatchObject({ outcome: 'refused', code: 'external_id_reused' });
    expect(await reason(subject)).toBe('given');
  });

  it('have names that are nobody’s address, and come 500 at most', async () => {
    const call = (items: readonly Item[]) => consent.service.call('POST', '/v1/consents/sync', PLATFORM, { source: 'crm', items });
    expect(await call([item(ada(), 'given', hours(-1), { externalId: 'ada@example.com' })])).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(await call(Array.from({ length: 501 }, () => item(ada(), 'given', hours(-1))))).toMatchObject({ status: 400 });
    const rows = await consent.service.sql('SELECT row_to_json(s)::text AS row FROM t_ajuni.synced_decision s LIMIT 5');
    expect(JSON.stringify(rows)).not.toMatch(/example\.com/);
    // Nor can they be guessed: whoever reads the table finds no customer by trying their numbers.
    const numbered = item(ada(), 'given', hours(-1), { externalId: 'customer-4711' });
    expect(await call([numbered])).toMatchObject({ status: 200 });
    const guesses = [['customer-4711'], 'customer-4711'].map((guess) => createHash('sha256').update(typeof guess === 'string' ? guess : JSON.stringify(guess)).digest('hex'));
    expect(await consent.service.sql(`SELECT 1 FROM t_ajuni.synced_decision WHERE encode(external, 'hex') = ANY($1)`, [guesses])).toEqual([]);
    expect(await call([numbered])).toMatchObject({ body: { items: [{ outcome: 'duplicate' }] } });
  });
});
