import { recoverService } from '@heed/runtime';
import { DatabaseCopies, eventually, everythingTold, unplaced } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dsarRecovery, dsarService } from '../src/index.js';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

const LONG = { timeoutMs: 40_000 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
let heed: DsarUnderTest;
beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni']);
  await heed.prepare('ajuni');
});
afterAll(() => heed.stop());

const restart = async (meanwhile: () => Promise<void>): Promise<void> => void (heed.dsar = await heed.bed.restart(dsarService, heed.dsar, meanwhile));
const ready = (): Promise<unknown> => eventually(async () => expect((await fetch(`${heed.dsar.url}/readyz`)).status).toBe(200), LONG);
const until = (id: string, state: string): Promise<unknown> => eventually(async () => expect((await heed.request(id))['state']).toBe(state), LONG);
const mails = (template: string, requestId: string): number => heed.bus.seen('heed.dsar.message_wanted.v1').filter(({ data }) => data['template'] === template && data['requestId'] === requestId).length;

/** The way to the status page, as the person's mail has it. */
async function pageOf(requestId: string): Promise<string> {
  const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId, template: 'request_received' });
  return new URL(String((mail.data['params'] as Record<string, string>)['statusUrl'])).pathname;
}

describe('dsar, whose database was put back from an older copy', () => {
  it('has every case where it stood, asks no store twice that had answered, and closes what is still open', async () => {
    const early = String((await heed.open()).body['id']);
    await everythingTold(heed.dsar, ['ajuni']);
    const copies = new DatabaseCopies(heed.dsar.databaseUrl);
    let older = '';
    // The copy has this case as it stands, and no places for its records.
    const end = await copies.holdOpen();
    const meanwhile = await heed.approved();
    const [lines] = await heed.dsar.sql('SELECT count(*) FROM t_ajuni.request_event WHERE request_id = $1', [meanwhile.id]);
    await restart(async () => void (older = await copies.take()));
    await end();
    await ready();

    await heed.call('POST', `/v1/requests/${early}/verify`, { method: 'operator_attested', note: 'known by account' });
    const earlyDispatch = String(((await heed.call('POST', `/v1/requests/${early}/approve`, { note: 'checked' })).body['dispatchIds'] as string[])[0]);
    await heed.clear(earlyDispatch);
    const answered = await heed.command(earlyDispatch);
    await heed.bus.publish(...STORES.map((store) => heed.stores.answer(answered, store, { rows: 2 })));
    await until(early, 'closed');
    const late = await heed.approved();
    await heed.clear(late.dispatchId);
    const open = await heed.command(late.dispatchId);
    await heed.bus.publish(heed.stores.answer(open, 'crm', { rows: 4 }));
    await eventually(async () => expect(((await heed.request(late.id))['stores'] as { state: string }[]).filter(({ state }) => state === 'done')).toHaveLength(1), LONG);
    const page = await pageOf(late.id);
    await everythingTold(heed.dsar, ['ajuni']);
    await restart(() => copies.putBack(older));
    expect(await unplaced(heed.dsar, 'ajuni')).not.toEqual([]);
    expect(await heed.call('GET', `/v1/requests/${early}`)).toMatchObject({ status: 503, body: { code: 'ledger_behind' } });

    const report = await recoverService(dsarService, dsarRecovery, heed.dsar.environment);
    expect(report.tenants).toMatchObject([{ tenant: 'ajuni', applied: { requests: 1, dispatches: 2 }, missing: { words_of_requests: 1 } }]);
    expect(report.tenants[0]?.missing).not.toHaveProperty('people_of_requests');
    await ready();
    expect(await heed.request(meanwhile.id)).toMatchObject({ state: 'in_progress', dispatchIds: [meanwhile.dispatchId] });
    expect((await heed.dsar.sql('SELECT count(*) FROM t_ajuni.request_event WHERE request_id = $1', [meanwhile.id]))[0]).toEqual(lines);
    expect(await heed.request(late.id)).toMatchObject({ state: 'in_progress', ref: late.ref, dispatchIds: [late.dispatchId] });
    expect((await fetch(heed.dsar.url + page)).status).toBe(200);
    await until(early, 'closed');
    await eventually(async () => expect((await heed.call('GET', `/v1/requests/${early}/certificate`)).status).toBe(200), LONG);
    const { body } = await heed.call('GET', `/v1/requests/${early}/certificate`);
    expect(body).toMatchObject({ certificate: { totals: { stores: 3, rows: 6, residue: 0 } } });
    await heed.bus.publish(...['telemetry', 'mail-processor'].map((store) => heed.stores.answer(open, store, { rows: 1 })));
    await until(late.id, 'closed');
    // Published after the commit that the state above was read from.
    await eventually(() => expect([mails('request_closed', early), mails('request_closed', late.id)]).toEqual([1, 1]), LONG);
    expect(await recoverService(dsarService, dsarRecovery, heed.dsar.environment)).toMatchObject({ tenants: [] });
  });
});
