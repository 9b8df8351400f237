import { sealAnswer } from '@heed/contracts-consent';
import { openEnvelope } from '@heed/crypto';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { SealedIdentifiers } from '../src/subject/sealed-identifiers.js';
import { ada, ConsentUnderTest, SERVICE } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

describe('what only services may ask', () => {
  const inAjuni = { 'x-heed-tenant': 'ajuni' };
  const resolve = async (identifiers: { type: string; value: string }[]): Promise<{ ref: string; aliases: string[] }> => {
    const answer = await consent.service.call('POST', '/internal/resolve', SERVICE, { people: [{ identifiers }] }, inAjuni);
    return (answer.body['people'] as { ref: string; aliases: string[] }[])[0]!;
  };

  it('an address that came under a new key just after it was read is told all the same', async () => {
    const [identifier] = ada().identifiers;
    const { ref } = await resolve([identifier!]);
    const identifiers = consent.service.service.app.get(SealedIdentifiers, { strict: false });
    const real = identifiers.of.bind(identifiers);
    let looks = 0; // others look meanwhile, for people of their own
    vi.spyOn(identifiers, 'of').mockImplementation((tx, refs, ...more) => {
      if (refs.includes(ref)) looks += 1;
      return refs.includes(ref) && looks === 1 ? Promise.resolve({ people: new Map(), unreadable: new Set([ref]) }) : real(tx, refs, ...more);
    });
    const { body } = await consent.service.call('POST', '/internal/contacts', SERVICE, { refs: [ref] }, inAjuni);
    expect(body).toEqual({ contacts: [{ ref, email: identifier!.value }] });
    expect(looks).toBe(2);
    vi.restoreAllMocks();
  });

  it('a person known under two refs is sealed with the identifiers of both', async () => {
    const [one, other] = [ada().identifiers[0]!, { type: 'user_id', value: randomUUID() }];
    const first = await resolve([one]);
    const second = await resolve([other]);
    const both = await resolve([one, other]);
    expect(both).toEqual({ ref: first.ref, aliases: [second.ref] });
    const dispatchId = `dsr_${randomUUID()}`;
    const dispatches = [{ dispatchId, ...both, stores: ['crm'] }];
    const answer = await consent.service.call('POST', '/internal/seal', SERVICE, { dispatches }, inAjuni);
    const { sealed } = sealAnswer.parse(answer.body).dispatches[0]!;
    const opened = openEnvelope(sealed!, { store: 'crm', privateKey: consent.agent.keys.encryption, aad: `ajuni|${dispatchId}` });
    expect(opened.identifiers).toEqual(expect.arrayContaining([one, other]));
  });

  it('a store that consent has not heard of yet is no reason to call the person unknown: the dispatch is left for later', async () => {
    const { ref } = await resolve(ada().identifiers);
    const nobody = `sub_${randomUUID().replaceAll('-', '')}`;
    const [later, unknown] = [`dsr_${randomUUID()}`, `dsr_${randomUUID()}`];
    const dispatches = [
      { dispatchId: later, ref, stores: ['crm', 'brand-new'] },
      { dispatchId: unknown, ref: nobody, stores: ['crm'] },
    ];
    const answer = await consent.service.call('POST', '/internal/seal', SERVICE, { dispatches }, inAjuni);
    expect(answer.body['dispatches']).toEqual([{ dispatchId: unknown, version: 0, aliases: [], sealed: null, erased: false, unsealed: [] }]);
  });

  it('batches that meet the same new people in opposite order all come through, without a deadlock', async () => {
    const admin = new pg.Client({ connectionString: consent.service.databaseUrl });
    await admin.connect();
    const known = (): { identifiers: { type: string; value: string }[] } => ({ identifiers: [0, 1, 2].map(() => ({ type: 'user_id', value: randomUUID() })) });
    const people = Array.from({ length: 400 }, known);
    const batches = [people, people.toReversed(), people, people.toReversed()];
    // All four are to write at the same moment.
    await admin.query('BEGIN; LOCK TABLE t_ajuni.identifier IN SHARE MODE');
    const resolving = Promise.all(batches.map((some) => consent.service.call('POST', '/internal/resolve', SERVICE, { people: some }, inAjuni)));
    await eventually(async () => {
      await admin.query('SELECT pg_stat_clear_snapshot()');
      const { rowCount } = await admin.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
      expect(rowCount).toBe(batches.length);
    });
    await admin.query('COMMIT');
    const answers = await resolving;
    await admin.end();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    const refs = answers.map((answer) => new Set((answer.body['people'] as { ref: string }[]).map((person) => person.ref)));
    for (const others of refs) expect(others).toEqual(refs[0]);
  });
});
