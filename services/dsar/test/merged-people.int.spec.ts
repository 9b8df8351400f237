import { personMerged, personSplit } from '@heed/contracts-consent';
import { newEvent, newSubjectRef, uuidv7 } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { eventually } from '@heed/testing';
import type { Answer } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni']);
  await heed.prepare('ajuni');
});
afterAll(() => heed.stop());

const say = (event: NewEvent<unknown>): Promise<void> => heed.bus.publish({ ...event, topics: ['heed.consent.events.v1'] });
const change = { version: 2, changeId: uuidv7(), reason: 'same_person' };
const from = () => ({ source: '/heed/consent', tenant: 'ajuni', key: 'sub', clock: heed.clock });
const merged = (ref: string, alias: string): Promise<void> => say(newEvent(personMerged, { ...from(), data: { ...change, ref, alias, aliases: [alias], kind: 'merge' } }));
const split = (ref: string, alias: string): Promise<void> => say(newEvent(personSplit, { ...from(), data: { ...change, ref, alias, aliases: [] } }));

const asked = (id: string, refs: readonly string[]): Promise<unknown> =>
  eventually(async () => expect((await heed.request(id))['asksAbout']).toEqual(refs), { timeoutMs: 20_000 });
const confirm = (id: string, include: boolean, roles = ['dpo']): Promise<Answer> => heed.call('POST', `/v1/requests/${id}/confirm-person`, { include, note: 'by phone' }, 'ajuni', roles);
const commands = (dispatchId: string): number => heed.bus.seen('heed.command.erasure.v1').filter(({ data }) => data['dispatchId'] === dispatchId).length;

async function opened(): Promise<{ id: string; ref: string }> {
  const id = String((await heed.open()).body['id']);
  await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' });
  return { id, ref: String((await heed.request(id))['ref']) };
}

describe('an erasure whose person is merged with somebody while it is open', () => {
  it('is not let out until a privacy officer says whom it is about, and then is about them', async () => {
    const [{ id, ref }, other] = [await opened(), newSubjectRef()];
    await merged(other, ref);
    await asked(id, [other]);
    expect((await heed.call('POST', `/v1/requests/${id}/approve`, {})).body).toMatchObject({ status: 409, code: 'person_unconfirmed' });
    expect((await confirm(id, true, ['analyst'])).status).toBe(403);
    const answer = await confirm(id, true);
    expect(answer).toMatchObject({ status: 200, body: { asksAbout: [] } });
    expect(answer.body['timeline']).toEqual(expect.arrayContaining([
      expect.objectContaining({ kind: 'person_merged', actor: 'heed', refs: [other] }),
      expect.objectContaining({ kind: 'person_confirmed', actor: 'test', refs: [other], included: true }),
    ]));
    const { body } = await heed.call('POST', `/v1/requests/${id}/approve`, {});
    const [dispatchId = ''] = body['dispatchIds'] as string[];
    await heed.clear(dispatchId);
    expect((await heed.command(dispatchId)).data).toMatchObject({ ref, aliases: [other] });
    expect((await confirm(id, true)).body).toMatchObject({ status: 409, code: 'state_conflict' });
  });

  it('that was approved stops before it leaves, whatever retention says, and goes on for whom it had been asked', async () => {
    const { id, dispatchId, ref } = await heed.approved();
    const other = newSubjectRef();
    await merged(ref, other);
    await asked(id, [other]);
    await heed.clear(dispatchId);
    await eventually(async () => {
      const rows = await heed.dsar.sql(`SELECT clearance FROM t_ajuni.dispatch WHERE id = $1 AND send_at IS NULL`, [dispatchId]);
      expect(rows).toEqual([{ clearance: 'wanted' }]);
    });
    expect((await confirm(id, true)).body).toMatchObject({ status: 409, code: 'erasure_sent' });
    expect(commands(dispatchId)).toBe(0);
    expect((await confirm(id, false)).status).toBe(200);
    await heed.clear(dispatchId, 2);
    const command = await heed.command(dispatchId);
    expect(command.data).toMatchObject({ ref, aliases: [] });
    await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store)));
    await eventually(async () => expect((await heed.request(id))['state']).toBe('closed'), { timeoutMs: 20_000 });
    await heed.said('heed.dsar.erasure_completed.v1', { requestId: id });
    expect(heed.bus.seen('heed.dsar.erasure_completed.v1').find(({ data }) => data['requestId'] === id)?.data).toMatchObject({ ref, aliases: [] });
  });

  it('asks again when the two part, and leaves out whom it is not about', async () => {
    const [{ id, ref }, other] = [await opened(), newSubjectRef()];
    await merged(ref, other);
    await asked(id, [other]);
    await confirm(id, true);
    await split(ref, other);
    await asked(id, [other]);
    await confirm(id, false);
    const { body } = await heed.call('POST', `/v1/requests/${id}/approve`, {});
    const [dispatchId = ''] = body['dispatchIds'] as string[];
    await heed.clear(dispatchId);
    expect((await heed.command(dispatchId)).data).toMatchObject({ ref, aliases: [] });
  });
});
