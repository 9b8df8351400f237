import { personErased } from '@heed/contracts-consent';
import { newEvent, uuidv7 } from '@heed/kernel';
import { FieldVault, RotationLog } from '@heed/key-store';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { UnitOfWork } from '@heed/persistence';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CaseVault } from '../src/case/adapters/case-vault.js';
import { findRequest } from '../src/case/adapters/request.store.js';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni']);
  await heed.prepare('ajuni');
});
afterAll(() => heed.stop());

const notesOf = async (id: string): Promise<unknown[]> =>
  ((await heed.request(id))['timeline'] as { note?: string }[]).flatMap((line) => line.note ?? []);

it('what a person and the case workers wrote goes with its key once the person is forgotten; the case and its status page stay', async () => {
  const { id, dispatchId, ref } = await heed.approved();
  const command = await heed.clear(dispatchId).then(() => heed.command(dispatchId));
  await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store)));
  await eventually(async () => expect((await heed.request(id))['state']).toBe('closed'), { timeoutMs: 20_000 });
  const completed = await heed.said('heed.dsar.erasure_completed.v1', { requestId: id });
  expect(completed.data).toMatchObject({ ref, aliases: [], asOf: '2026-11-20T12:30:00.000Z' });
  expect(await notesOf(id)).toEqual(['known by account', 'checked']);
  const [before] = await heed.dsar.sql<{ key_id: string }>('SELECT key_id FROM t_ajuni.request WHERE id = $1', [id]);

  const data = { requestId: id, ref, aliases: [], outcome: 'erased' as const, identifiers: 1, keys: 1, erasedAt: heed.clock.now().toISOString(), ledgerEntryId: uuidv7() };
  const event = newEvent(personErased, { source: '/heed/consent', tenant: 'ajuni', key: ref, clock: heed.clock, data });
  await heed.bus.publish({ ...event, topics: ['heed.consent.events.v1'] });
  await eventually(async () => expect(await notesOf(id)).toEqual([]), { timeoutMs: 20_000 });
  await eventually(async () => expect(await heed.dsar.sql('SELECT reason FROM t_ajuni.key_shred WHERE key_id = $1 AND done_at IS NOT NULL', [before?.key_id])).toEqual([{ reason: 'case_words_gone' }]));
  const request = await heed.request(id);
  expect(request).toMatchObject({ state: 'closed', message: null });
  expect((request['timeline'] as { kind: string }[]).map((line) => line.kind)).toContain('person_erased');
  const link = heed.dsar.url + new URL(String(request['statusUrl'])).pathname;
  expect(await (await heed.dsar.fetch(link)).text()).toContain('Your request was carried out');
});

const verified = async (email: string): Promise<string> => {
  const id = String((await heed.open(email, 'ajuni', { message: 'please hurry' })).body['id']);
  await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' });
  return id;
};
const refuse = (id: string) => heed.call('POST', `/v1/requests/${id}/refuse`, { reason: 'asked twice' });
const erased = async (requestId: string, ref: string, outcome: 'erased' | 'kept', aliases: string[] = []): Promise<void> => {
  const data = { requestId, ref, aliases, outcome, identifiers: 1, keys: 1, erasedAt: heed.clock.now().toISOString(), ledgerEntryId: uuidv7() };
  const event = newEvent(personErased, { source: '/heed/consent', tenant: 'ajuni', key: ref, clock: heed.clock, data });
  await heed.bus.publish({ ...event, topics: ['heed.consent.events.v1'] });
};
const reasons = (keyId: unknown) => heed.dsar.sql('SELECT reason FROM t_ajuni.key_shred WHERE key_id = $1 AND done_at IS NOT NULL', [keyId]);
const keyIdOf = async (id: string): Promise<unknown> => (await heed.dsar.sql<{ key_id: string | null }>('SELECT key_id FROM t_ajuni.request WHERE id = $1', [id]))[0]?.key_id;

it("a forgotten person's earlier cases lose their words too, under whichever ref; those of somebody who was kept do not", async () => {
  const email = `${randomUUID()}@example.com`;
  const [former, other] = [await verified(email), await verified(`${randomUUID()}@example.com`)];
  await refuse(former);
  await refuse(other);
  const [ref, alias] = await Promise.all([former, other].map(async (id) => String((await heed.request(id))['ref'])));
  const keys = await Promise.all([former, other].map(keyIdOf));
  expect(await notesOf(former)).toEqual(['known by account', 'asked twice']);

  const kept = await heed.approved(email);
  expect(kept.ref).toBe(ref);
  await erased(kept.id, kept.ref, 'kept');
  await eventually(async () => expect(await notesOf(kept.id)).toEqual([]), { timeoutMs: 20_000 });
  expect(await notesOf(former)).toEqual(['known by account', 'asked twice']);

  await erased(kept.id, kept.ref, 'erased', [String(alias)]);
  for (const [i, id] of [former, other].entries()) {
    await eventually(async () => expect(await notesOf(id)).toEqual([]), { timeoutMs: 20_000 });
    await eventually(async () => expect(await reasons(keys[i])).toEqual([{ reason: 'case_words_gone' }]), { timeoutMs: 20_000 });
  }
});

it('an open case of a forgotten person keeps its words until it closes; then they go with the last note', async () => {
  const email = `${randomUUID()}@example.com`;
  const open = await verified(email);
  const { id, ref } = await heed.approved(email);
  const keyId = await keyIdOf(open);
  await erased(id, ref, 'erased');
  await eventually(async () => expect(await notesOf(id)).toEqual([]), { timeoutMs: 20_000 });
  expect(await heed.request(open)).toMatchObject({ message: 'please hurry' });
  expect(await notesOf(open)).toEqual(['known by account']);
  await refuse(open);
  await eventually(async () => expect(await notesOf(open)).toEqual([]), { timeoutMs: 20_000 });
  await eventually(async () => expect(await reasons(keyId)).toEqual([{ reason: 'case_words_gone' }]), { timeoutMs: 20_000 });
});

it('a case that is over and forgotten takes no note, because a new key for it would never go', async () => {
  const email = `${randomUUID()}@example.com`;
  const former = await verified(email);
  await refuse(former);
  const { id, ref } = await heed.approved(email);
  await erased(id, ref, 'erased');
  await eventually(async () => expect(await keyIdOf(former)).toBeNull(), { timeoutMs: 20_000 });
  const { app } = heed.dsar.service;
  const note = app.get(UnitOfWork).run('ajuni', async (tx) => app.get(CaseVault, { strict: false }).note(tx, await findRequest(tx, former, 'FOR UPDATE'), 'one more thing'));
  await expect(note).rejects.toMatchObject({ code: 'case_forgotten', kind: 'conflict' });
  expect(await keyIdOf(former)).toBeNull();
});

it('a case that is open keeps its words', async () => {
  const opened = await heed.open(`${randomUUID()}@example.com`, 'ajuni', { message: 'please hurry' });
  expect(await heed.request(String(opened.body['id']))).toMatchObject({ message: 'please hurry' });
});

it('a case gets a new key when the keys of people change: its words stay readable, and the former key is destroyed', async () => {
  const opened = await heed.open(`${randomUUID()}@example.com`, 'ajuni', { message: 'please hurry' });
  const id = String(opened.body['id']);
  await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' });
  const keyOf = async (): Promise<string | undefined> => (await heed.dsar.sql<{ key_id: string }>('SELECT key_id FROM t_ajuni.request WHERE id = $1', [id]))[0]?.key_id;
  const before = await keyOf();
  heed.clock.advance({ minutes: 2 });
  const rotations = new RotationLog(heed.dsar.service.app.get(FieldVault).options);
  await rotations.request('ajuni', 'data', 'asked');
  heed.clock.advance({ minutes: 2 });
  await eventually(async () => expect(await rotations.open('data')).toEqual([]), { timeoutMs: 20_000 });
  expect(await keyOf()).not.toBe(before);
  expect(await heed.request(id)).toMatchObject({ message: 'please hurry' });
  expect(await notesOf(id)).toEqual(['known by account']);
  await eventually(async () => expect(await heed.dsar.sql('SELECT reason FROM t_ajuni.key_shred WHERE key_id = $1 AND done_at IS NOT NULL', [before])).toEqual([{ reason: 'rotated' }]), { timeoutMs: 20_000 });
});
