import { setTimeout as sleep } from 'node:timers/promises';
import { newSubjectRef, uuidv7 } from '@heed/kernel';
import { VirtualClock } from '@heed/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { runningWorker } from './support/worker.js';
import type { RunningWorker } from './support/worker.js';

let worker: RunningWorker;
afterEach(() => worker.close());

const table = (body: { tables: { table: string; rows: number; residue: number; kept: unknown[] }[] }, name: string) =>
  body.tables.find((t) => t.table === name);

describe('erasure in a PostgreSQL store', () => {
  it('deletes over foreign keys, children first, and reports rows and residue per table', async () => {
    worker = await runningWorker();
    await worker.store.add('Ada@Example.com');
    await worker.store.add('bob@example.com');
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com' });
    expect(answer).toMatchObject({ outcome: 'done', assurance: 'verified', rows: 6, residue: 0, reason: null });
    expect(table(answer, 'messages')).toEqual({ table: 'messages', rows: 2, residue: 0, kept: [] });
    expect(await worker.store.count('people')).toBe(1);
    expect(await worker.store.count('messages')).toBe(2);
  });

  it('finds a person by a phone number that was typed with blanks', async () => {
    worker = await runningWorker();
    await worker.store.add('c@example.com', { phone: '+49 171 23-45 67' });
    expect(await worker.run({ kind: 'erasure', phone: '+491712 34567'.replace(' ', '') })).toMatchObject({ outcome: 'done' });
    expect(await worker.store.count('people')).toBe(0);
  });

  it('fails with the residue when a trigger brings an erased row back', async () => {
    worker = await runningWorker();
    await worker.store.db.query(`
      CREATE FUNCTION come_back() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO people (email, created_at) VALUES (OLD.email, OLD.created_at); RETURN NULL; END $$;
      CREATE TRIGGER zombie AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION come_back()`);
    await worker.store.add('ada@example.com');
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com' });
    expect(answer).toMatchObject({ outcome: 'failed', assurance: 'verified', residue: 1, reason: 'residue_found' });
    expect(table(answer, 'people')).toMatchObject({ rows: 1, residue: 1 });
  });

  it('is not fooled by a trigger whose row looks new: what appears while the erasure runs is no new act', async () => {
    worker = await runningWorker();
    await worker.store.db.query(`
      CREATE FUNCTION come_back() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO people (email, created_at) VALUES (OLD.email, now()); RETURN NULL; END $$;
      CREATE TRIGGER zombie AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION come_back()`);
    await worker.store.add('ada@example.com');
    await worker.store.db.query(`UPDATE people SET created_at = now() - interval '1 day'; UPDATE events SET created_at = now() - interval '1 day'`);
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com', asOf: new Date(Date.now() - 3_600_000) });
    expect(answer).toMatchObject({ outcome: 'failed', residue: 1, reason: 'residue_found' });
  });

  it('takes a failed erasure up again when it is delivered again', async () => {
    worker = await runningWorker();
    await worker.store.db.query(`
      CREATE FUNCTION come_back() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO people (email, created_at) VALUES (OLD.email, OLD.created_at); RETURN NULL; END $$;
      CREATE TRIGGER zombie AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION come_back()`);
    await worker.store.add('ada@example.com');
    const command = await worker.make({ kind: 'erasure', email: 'ada@example.com' });
    await worker.receive(command);
    expect((await worker.answer(command)).outcome).toBe('failed');
    await worker.store.db.query('DROP TRIGGER zombie ON people');
    await worker.receive({ ...command, commandId: uuidv7() });
    expect(await worker.answer(command, 2)).toMatchObject({ outcome: 'done', residue: 0 });
    expect(await worker.store.count('people')).toBe(0);
  });

  it('looks a second time after the grace period and takes back a done that no longer holds', async () => {
    const clock = new VirtualClock(new Date());
    worker = await runningWorker({ clock, secondLookAfter: 30_000 });
    await worker.store.add('ada@example.com');
    const command = await worker.make({ kind: 'erasure', email: 'ada@example.com' });
    await worker.receive(command);
    expect((await worker.answer(command)).outcome).toBe('done');
    await worker.store.add('ada@example.com'); // a sync job replays an old export
    await worker.store.db.query(`UPDATE people SET created_at = now() - interval '1 year'; UPDATE events SET created_at = now() - interval '1 year'`);
    clock.advance({ seconds: 31 });
    expect(await worker.answer(command, 2)).toMatchObject({ outcome: 'failed', reason: 'residue_found', residue: 6 });
    expect(await worker.store.count('heed_agent.journal', 'command IS NOT NULL')).toBe(0);
  });

  it('forgets sealed identifiers and keys once the second look is clean', async () => {
    const clock = new VirtualClock(new Date());
    worker = await runningWorker({ clock, secondLookAfter: 30_000 });
    await worker.store.add('ada@example.com');
    expect((await worker.run({ kind: 'erasure', email: 'ada@example.com' })).outcome).toBe('done');
    clock.advance({ seconds: 31 });
    await expect.poll(() => worker.store.count('heed_agent.journal', 'command IS NULL AND trail IS NULL AND verify_again_at IS NULL'), { timeout: 20_000 }).toBe(1);
    expect(worker.answers).toHaveLength(1);
  });

  it('keeps rows on a basis of the map, cut off from the person', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    await worker.store.db.query('INSERT INTO invoices (person_id) SELECT id FROM people');
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com' });
    expect(answer).toMatchObject({ outcome: 'done', residue: 0, reason: null });
    expect(table(answer, 'invoices')).toEqual({ table: 'invoices', rows: 0, residue: 0, kept: [{ basis: 'tax_law', count: 1 }] });
    expect(await worker.store.count('people')).toBe(0);
    expect(await worker.store.count('invoices', 'person_id IS NULL')).toBe(1);
  });

  it('keeps the person where a kept row cannot be cut off, and says so', async () => {
    worker = await runningWorker();
    await worker.store.db.query('ALTER TABLE invoices ALTER person_id SET NOT NULL');
    await worker.connector.prepare();
    await worker.store.add('ada@example.com');
    await worker.store.db.query('INSERT INTO invoices (person_id) SELECT id FROM people');
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com' });
    expect(answer).toMatchObject({ outcome: 'done', residue: 0, reason: null });
    expect(table(answer, 'people')).toMatchObject({ rows: 0, kept: [{ basis: 'referenced_by_kept', count: 1 }] });
    expect(table(answer, 'messages')).toMatchObject({ rows: 2 });
    expect(await worker.store.count('people')).toBe(1);
  });

  it('keeps who came back by a new act after the request, and reports it', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    await worker.store.db.query(`UPDATE people SET created_at = now() - interval '30 minutes'; UPDATE events SET created_at = now() - interval '1 day'`);
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com', asOf: new Date(Date.now() - 3_600_000) });
    expect(table(answer, 'people')).toMatchObject({ rows: 0, residue: 0, kept: [{ basis: 'returned_after', count: 1 }] });
    expect(table(answer, 'messages')).toMatchObject({ kept: [{ basis: 'returned_after', count: 2 }] });
    expect(table(answer, 'events')).toMatchObject({ rows: 2, kept: [] });
    expect(answer).toMatchObject({ outcome: 'done', residue: 0, reason: null });
  });

  it('fails, and does not try for ever, when a table outside the map refers to the person; neighbours go on', async () => {
    worker = await runningWorker();
    await worker.store.addMany(['ada@example.com', 'bob@example.com', 'cy@example.com']);
    await worker.store.db.query(`CREATE TABLE loyalty (person_id bigint REFERENCES people);
      INSERT INTO loyalty SELECT id FROM people WHERE email = 'bob@example.com'`);
    const commands = await Promise.all(['ada', 'bob', 'cy'].map((name) => worker.make({ kind: 'erasure', email: `${name}@example.com` })));
    await worker.receive(...commands);
    const answers = await Promise.all(commands.map((command) => worker.answer(command)));
    expect(answers.map((a) => [a.outcome, a.reason])).toEqual([['done', null], ['failed', 'foreign_key_unmapped'], ['done', null]]);
    expect(await worker.store.count('messages')).toBe(2); // all of bob's: nothing was done in part
  });

  it('refuses when the clearance has expired, and goes on when it is renewed', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    const command = await worker.make({ kind: 'erasure', email: 'ada@example.com', clearedUntil: new Date(Date.now() - 1000) });
    await worker.receive(command);
    expect(await worker.answer(command)).toMatchObject({ outcome: 'refused', reason: 'clearance_expired' });
    const renewed = await worker.make({ kind: 'erasure', email: 'ada@example.com', dispatchId: command.data.dispatchId, ref: command.data.ref });
    await worker.receive(renewed);
    expect(await worker.answer(command, 2)).toMatchObject({ outcome: 'done', commandId: renewed.commandId });
  });

  it('refuses an envelope that was sealed for another tenant', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    const answer = await worker.run({ kind: 'erasure', email: 'ada@example.com', sealedFor: 'umbrella' });
    expect(answer).toMatchObject({ outcome: 'refused', reason: 'envelope_unreadable' });
    expect(await worker.store.count('people')).toBe(1);
  });

  it('takes 500 people in fewer than one statement each', async () => {
    worker = await runningWorker();
    const people = Array.from({ length: 500 }, (_, i) => `person${i}@example.com`);
    await worker.store.addMany(people);
    const commands = await Promise.all(people.map((email) => worker.make({ kind: 'erasure', email })));
    worker.statements.length = 0;
    for (let i = 0; i < 500; i += 100) await worker.receive(...commands.slice(i, i + 100));
    await Promise.all(commands.map((command) => worker.answer(command)));
    expect(worker.answers.every((answer) => answer.outcome === 'done' && answer.rows === 6)).toBe(true);
    expect(await worker.store.count('people')).toBe(0);
    expect(worker.statements.length / 500).toBeLessThan(1);
  });

  it('erases a person of 50,000 rows in chunks while the withdrawal of another overtakes', async () => {
    worker = await runningWorker({ chunkRows: 1000 });
    await worker.store.add('whale@example.com', { events: 50_000 });
    await worker.store.add('ada@example.com');
    const whale = await worker.make({ kind: 'erasure', email: 'whale@example.com' });
    await worker.receive(whale);
    await expect.poll(() => worker.store.count('heed_agent.journal', `state = 'erasing'`), { interval: 5, timeout: 20_000 }).toBe(1);
    expect(await worker.run({ kind: 'withdrawal', email: 'ada@example.com' })).toMatchObject({ outcome: 'done', rows: 1, assurance: 'applied' });
    expect(worker.answers.map((answer) => answer.dispatchId)).not.toContain(whale.data.dispatchId);
    expect(await worker.answer(whale)).toMatchObject({ outcome: 'done', rows: 50_004, residue: 0 });
    expect(await worker.store.count('events', `email = 'whale@example.com'`)).toBe(0);
  });
});

describe('withdrawals and holds in a PostgreSQL store', () => {
  it('answers an older version superseded when commands come out of order', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    const ref = newSubjectRef();
    expect(await worker.run({ kind: 'withdrawal', email: 'ada@example.com', ref, version: 3 })).toMatchObject({ outcome: 'done', rows: 1 });
    expect(await worker.run({ kind: 'grant', email: 'ada@example.com', ref, version: 2 })).toMatchObject({ outcome: 'superseded', rows: 0 });
    expect(await worker.store.marketing('ada@example.com')).toBe(false);
  });

  it('answers a redelivered command again without doing it again', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    const command = await worker.make({ kind: 'withdrawal', email: 'ada@example.com' });
    await worker.receive(command);
    await worker.answer(command);
    await worker.store.db.query('UPDATE people SET marketing = true');
    await worker.receive(command, command);
    expect(await worker.answer(command, 2)).toMatchObject({ outcome: 'done', rows: 1 });
    await sleep(50);
    expect(await worker.store.marketing('ada@example.com')).toBe(true);
  });

  it('forgets a command 30 days after it was carried out and answered', async () => {
    const clock = new VirtualClock(new Date());
    const first = (worker = await runningWorker({ clock }));
    const old = await first.run({ kind: 'withdrawal', email: 'ada@example.com' });
    clock.advance({ days: 20 });
    const recent = await first.run({ kind: 'withdrawal', email: 'ada@example.com' });
    await expect.poll(() => first.store.count('heed_agent.journal', `state = 'acknowledged'`)).toBe(2);
    clock.advance({ days: 11 });
    worker = await runningWorker({ clock, store: { ...first.store, close: () => first.close() } }); // the agent starts again
    await expect.poll(() => worker.store.count('heed_agent.journal', 'dispatch_id = $1', [old.dispatchId])).toBe(0);
    expect(await worker.store.count('heed_agent.journal', 'dispatch_id = $1', [recent.dispatchId])).toBe(1);
  });

  it('stops an erasure by a hold on an alias, inside the erasing transaction, and lets it go on after the release', async () => {
    worker = await runningWorker();
    await worker.store.add('ada@example.com');
    const [ref, alias, holdId] = [newSubjectRef(), newSubjectRef(), uuidv7()];
    expect(await worker.run({ kind: 'hold', ref: alias, holdId })).toMatchObject({ outcome: 'done', alreadyErased: false });
    const erasure = await worker.make({ kind: 'erasure', email: 'ada@example.com', ref, aliases: [alias] });
    await worker.receive(erasure);
    expect(await worker.answer(erasure)).toMatchObject({ outcome: 'held', reason: 'legal_hold', rows: 0 });
    expect(await worker.run({ kind: 'hold_release', ref: alias, holdId })).toMatchObject({ outcome: 'done' });
    await worker.receive({ ...erasure, commandId: uuidv7() });
    expect(await worker.answer(erasure, 2)).toMatchObject({ outcome: 'done', rows: 6 });
    expect(await worker.run({ kind: 'hold', ref: alias, holdId: uuidv7() })).toMatchObject({ alreadyErased: true });
  });
});
