import { eventually } from '@heed/testing';
import type { TestPrincipal } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { batch, BatchCall } from './batch-call.js';
import type { Result } from './batch-call.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;
let token: string;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  token = await consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform'] });
  return () => consent.stop();
});

const send = (lines: readonly unknown[], query?: string): Promise<readonly Result[]> => batch(consent.service.url, token, lines, query);
const given = (purpose = 'analytics'): { id: string; subject: ReturnType<typeof ada>; decisions: unknown[] } => ({ id: randomUUID(), subject: ada(), decisions: [{ purpose, decision: 'given' }] });
const recordCount = async (): Promise<number> => Number((await consent.service.sql<{ count: string }>('SELECT count(*) FROM t_ajuni.consent_record'))[0]?.count);

describe('an upload', () => {
  it('answers each line in its order, and one that is wrong or refused leaves its neighbours alone', async () => {
    const person = ada();
    const long = JSON.stringify({ ...given(), method: 'x'.repeat(70_000) });
    const lines = [
      { id: 'a-1', subject: person, decisions: [{ purpose: 'analytics', decision: 'given' }, { purpose: 'marketing_email', decision: 'refused' }] },
      given('no_such_purpose'), '{"id":"a-3",', { ...given(), id: undefined }, '', { ...given(), subject: {} }, given('sale'), long,
      { id: 'a-9', subject: person, purposes: 'all', channel: 'phone_call' },
    ];
    const results = await send(lines);
    expect(results.map(({ line, status, error }) => [line, status, error?.code])).toEqual([
      [1, 'recorded', undefined], [2, 'refused', 'purpose_unknown'], [3, 'invalid', 'json_malformed'], [4, 'invalid', 'line_id_missing'],
      [6, 'invalid', 'body_invalid'], [7, 'refused', 'purpose_denied'], [8, 'invalid', 'line_too_long'], [9, 'recorded', undefined],
    ]);
    expect(results[0]?.records?.map(({ purpose, state }) => [purpose, state])).toEqual([['analytics', 'given'], ['marketing_email', 'refused']]);
    expect(results.at(-1)?.ref).toBe(results[0]?.ref);
    expect((await consent.check({ subject: person, purpose: 'analytics' })).body).toMatchObject({ allowed: false, reason: 'withdrawn' });
  });

  it('AJU-03: a line that grants sale of data is refused with the promise, and the attempt is evidence', async () => {
    const denied = (): Promise<readonly object[]> => consent.service.sql(`SELECT 1 FROM t_ajuni.ledger_entry WHERE kind = 'purpose.denied'`);
    const before = (await denied()).length;
    const [result] = await send([given('sale')]);
    expect(result).toMatchObject({ status: 'refused', error: { code: 'purpose_denied', promise: 'AJU-03' } });
    expect(await denied()).toHaveLength(before + 1);
  });

  it('that comes again does nothing twice, and answers what it answered then; a key takes no other line', async () => {
    const lines = Array.from({ length: 1200 }, () => given());
    const first = await send(lines);
    expect(first.filter(({ status }) => status === 'recorded')).toHaveLength(1200);
    const before = await recordCount();
    const again = await send([...lines, lines[0], { ...given(), id: lines[1]?.id }]);
    expect(again.slice(0, 1200)).toEqual(first.map((result) => ({ ...result, status: 'duplicate' })));
    expect(again.slice(1200)).toMatchObject([{ status: 'duplicate', ref: first[0]?.ref }, { status: 'refused', error: { code: 'idempotency_key_reused' } }]);
    expect(await recordCount()).toBe(before);
  });

  it('decides what it says of one person line by line, whoever says it under which identifier', async () => {
    const [email, phone] = [ada().identifiers[0], { type: 'phone', value: '+919876500001' }];
    const line = (subject: unknown, rest: object): object => ({ id: randomUUID(), subject, ...rest });
    const results = await send([
      line({ identifiers: [email, phone] }, { decisions: [{ purpose: 'analytics', decision: 'given' }] }),
      line({ identifiers: [phone] }, { purposes: ['analytics'] }),
      line({ identifiers: [email] }, { decisions: [{ purpose: 'analytics', decision: 'given' }] }),
    ]);
    expect(results.map(({ records }) => records?.[0]?.state)).toEqual(['given', 'withdrawn', 'withdrawn']); // in the same moment the no wins
    expect(new Set(results.map(({ ref }) => ref)).size).toBe(1);
  });

  it('as a dry run says what would become of each line, and writes nothing', async () => {
    const known = given();
    await send([known]);
    const before = await recordCount();
    const people = await consent.service.sql('SELECT 1 FROM t_ajuni.subject');
    const results = await send([given(), given('sale'), { ...given(), subject: { ref: `sub_${'0'.repeat(32)}` } }, known, { ...given(), id: known.id }], '?dryRun=true');
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ['valid', undefined], ['refused', 'purpose_denied'], ['invalid', 'subject_unknown'], ['valid', undefined], ['refused', 'idempotency_key_reused'],
    ]);
    expect(await recordCount()).toBe(before);
    expect(await consent.service.sql('SELECT 1 FROM t_ajuni.subject')).toHaveLength(people.length);
  });

  it('of only changes writes nothing where all is so already', async () => {
    const line = given();
    const [first] = await send([line]);
    const before = await recordCount();
    const [again] = await send([{ ...line, id: randomUUID() }], '?onlyChanges=true');
    expect(again).toMatchObject({ status: 'recorded', records: first?.records });
    expect(await recordCount()).toBe(before);
  });

  it('is answered while it is being sent, to a caller who waits for answers', async () => {
    const call = new BatchCall(consent.service.url, token);
    for (let i = 1; i <= 3; i += 1) {
      call.write(given());
      expect(await call.results(1)).toMatchObject([{ line: i, status: 'recorded' }]);
    }
    call.end();
    expect(await call.results()).toEqual([]);
  });

  it('stops the sender when nobody reads the results, and goes on when somebody does', async () => {
    const call = new BatchCall(consent.service.url, token);
    const line = { ...given('no_such_purpose'), method: 'x'.repeat(30) };
    let sent = 0;
    let ended = false;
    const sending = (async () => {
      while (!ended && sent < 400_000) {
        sent += 500;
        if (!call.write(...Array.from({ length: 500 }, () => ({ ...line, id: randomUUID() })))) await call.drained();
      }
      call.end();
    })();
    let last = -1;
    await eventually(() => {
      const stands = sent === last;
      last = sent;
      return stands;
    }, { timeoutMs: 30_000, everyMs: 1500 });
    expect(sent).toBeLessThan(400_000);
    ended = true;
    const results = await call.results();
    await sending;
    expect(results).toHaveLength(sent);
    expect(results.every(({ line: number, error }, i) => number === i + 1 && error?.code === 'purpose_unknown')).toBe(true);
  });

  it('whose sender goes away in the middle has done what it answered, and the rest when it comes again', async () => {
    const lines = Array.from({ length: 3000 }, () => given());
    const call = new BatchCall(consent.service.url, token);
    call.write(...lines);
    const answered = await call.results(500);
    call.abort();
    const again = await eventually(async () => {
      const results = await send(lines);
      return results.length === lines.length ? results : false;
    });
    expect(again.every(({ status }) => status === 'recorded' || status === 'duplicate')).toBe(true);
    for (const [i, result] of answered.entries()) expect(again[i]).toEqual({ ...result, status: 'duplicate' });
    const refs = await consent.service.sql('SELECT 1 FROM t_ajuni.consent_record WHERE ref = ANY($1)', [again.map(({ ref }) => ref)]);
    expect(refs).toHaveLength(lines.length);
  });

  it('is NDJSON, and no other path takes that', async () => {
    const elsewhere = await consent.service.call('POST', '/v1/withdrawals', PLATFORM, JSON.stringify({ subject: ada(), purposes: 'all' }), { 'content-type': 'application/x-ndjson' });
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'http_415' } });
    expect(await consent.service.call('POST', '/v1/consents/batch', PLATFORM, given())).toMatchObject({ status: 400, body: { code: 'ndjson_expected' } });
  });
});

describe('the export', () => {
  const read = async (query = '', who: TestPrincipal = { tenant: 'ajuni', roles: ['dpo'] }): Promise<{ status: number; text: string }> => {
    const dpo = await consent.bed.issuer.token(who);
    const answer = await fetch(`${consent.service.url}/v1/consents/export${query}`, { headers: { authorization: `Bearer ${dpo}` } });
    return { status: answer.status, text: await answer.text() };
  };

  it('is the whole register, oldest first, by refs alone, and goes on behind any record', async () => {
    const lines = Array.from({ length: 2500 }, () => given());
    await send(lines);
    const { text } = await read();
    const records = text.trimEnd().split('\n').map((line) => JSON.parse(line) as { id: string; ref: string });
    expect(records).toHaveLength(await recordCount());
    expect(records.map(({ id }) => id)).toEqual(records.map(({ id }) => id).toSorted());
    expect(text).not.toContain('@example.com');
    const cut = records.at(-3);
    const rest = (await read(`?after=${cut?.id ?? ''}`)).text.trimEnd().split('\n');
    expect(rest.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(records.slice(-2).map(({ id }) => id));
  });

  it('is for those who answer for the register', async () => {
    expect((await read('', { tenant: 'ajuni', roles: ['platform'] })).status).toBe(403);
    expect((await read('?after=nothing')).status).toBe(400);
  });
});
