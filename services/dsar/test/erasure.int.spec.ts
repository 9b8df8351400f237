import { randomUUID } from 'node:crypto';
import { verifyCertificate } from '@heed/certificate';
import type { ErasureCertificate, SignedCertificate as Signed } from '@heed/certificate';
import { generateAgentKeys, openEnvelope } from '@heed/crypto';
import type { SealedEnvelope } from '@heed/contracts-fanout';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

type SignedCertificate = Signed<ErasureCertificate>;
let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni', 'aurigen']);
  await heed.prepare('ajuni');
  await heed.prepare('aurigen');
});
afterAll(() => heed.stop());

async function certificateOf(id: string): Promise<SignedCertificate> {
  const answer = await eventually(async () => {
    const now = await heed.call('GET', `/v1/requests/${id}/certificate`);
    expect(now.status).toBe(200);
    return now;
  }, { timeoutMs: 20_000 });
  return answer.body as unknown as SignedCertificate;
}

const until = (id: string, state: string, tenant = 'ajuni'): Promise<unknown> =>
  eventually(async () => expect((await heed.request(id, tenant))['state']).toBe(state), { timeoutMs: 20_000 });

describe('an erasure', () => {
  it('closes only when every store has answered, with a signed certificate that a person can read', async () => {
    const email = `${randomUUID()}@example.com`;
    const { id, dispatchId, ref } = await heed.approved(email);
    const command = await heed.clear(dispatchId).then(() => heed.command(dispatchId));
    expect(command.data).toMatchObject({ owner: 'dsar', ref, targets: ['crm', 'mail-processor', 'telemetry'], version: 1, asOf: '2026-11-20T12:30:00.000Z' });
    const sealed = command.data['sealed'] as SealedEnvelope;
    const opened = openEnvelope(sealed, { store: 'crm', privateKey: heed.stores.keys.encryption, aad: `ajuni|${dispatchId}` });
    expect(opened.identifiers).toEqual([{ type: 'email', value: email }]);
    expect(JSON.stringify(command.data)).not.toContain(email);

    await heed.bus.publish(heed.stores.answer(command, 'crm', { rows: 4 }), heed.stores.answer(command, 'telemetry', { rows: 0, outcome: 'nothing_found' }));
    await eventually(async () => {
      const { state, stores } = (await heed.request(id)) as { state: string; stores: { state: string }[] };
      expect(stores.map((store) => store.state).sort()).toEqual(['done', 'nothing_found', 'pending']);
      expect(state).toBe('in_progress');
    });
    expect((await heed.call('GET', `/v1/requests/${id}/certificate`)).status).toBe(404);
    expect((await heed.call('POST', `/v1/requests/${id}/close`, {})).body).toMatchObject({ status: 409, code: 'request_open' });

    await heed.bus.publish(heed.stores.answer(command, 'mail-processor', { rows: 1, assurance: 'processor_attested' }));
    await until(id, 'closed');
    const request = await heed.request(id);
    const signed = await certificateOf(id);
    expect(request).toMatchObject({ certificateId: signed.certificate.id, dispatchIds: [dispatchId] });
    expect(verifyCertificate(signed)).toMatchObject({ ok: true });
    expect(signed.certificate).toMatchObject({
      tenant: { id: 'ajuni' }, request: { id, ref }, totals: { stores: 3, rows: 5, residue: 0, kept: 0 },
      verified: { by: 'test', method: 'operator_attested' }, approved: { by: 'test' },
    });
    const outcomes = signed.certificate.dispatches[0]?.stores.map((store) => [store.dataStore, store.outcome, store.assurance, store.rows]);
    expect(outcomes).toEqual([['crm', 'done', 'verified', 4], ['mail-processor', 'done', 'processor_attested', 1], ['telemetry', 'nothing_found', 'verified', 0]]);
    expect(JSON.stringify(signed)).not.toContain(email);

    const page = await heed.call('GET', `/v1/requests/${id}/certificate`, undefined, 'ajuni', ['auditor'], { accept: 'text/html' });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.body['text']).toContain('Certificate of erasure');
    expect(page.body['text']).toContain('the processor says so; it cannot be read');

    await heed.said('heed.dsar.request_closed.v1', { requestId: id, result: 'completed', certificateId: signed.certificate.id });
    const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_closed' });
    expect(mail.data['params']).toMatchObject({ result: 'done', statusUrl: request['statusUrl'] });
  });

  it('is told on its status page as the mail promises: what each place answered, and the certificate to keep', async () => {
    const { id, dispatchId, ref } = await heed.approved();
    const command = await heed.clear(dispatchId).then(() => heed.command(dispatchId));
    await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store, { rows: 7 })));
    await until(id, 'closed');
    const link = heed.dsar.url + new URL(String((await heed.request(id))['statusUrl'])).pathname;
    const signed = await certificateOf(id);
    const text = await (await heed.dsar.fetch(link)).text();
    for (const part of ['Your request was carried out', 'erased', '<td class="number">7</td>', 'read again after the erasure', 'dpo@ajuni.io']) expect(text).toContain(part);
    for (const internal of [ref, 'operator_attested', '<script', 'http']) expect(text).not.toContain(internal);

    expect(text).toContain(signed.certificate.id);
    const saved = /href="data:application\/json;base64,([^"]+)"/.exec(text)?.[1] ?? '';
    expect(JSON.parse(Buffer.from(saved, 'base64').toString('utf8'))).toEqual(signed);
    const json = await heed.dsar.fetch(link, { headers: { accept: 'application/json' } });
    expect(verifyCertificate(await json.json())).toMatchObject({ ok: true });
  });

  it('AUR-30: stops at a legal hold, says so, and goes on by itself when the hold is released', async () => {
    const { id, dispatchId, ref } = await heed.approved(undefined, 'aurigen');
    const holdId = randomUUID();
    await heed.holdBack(dispatchId, ref, holdId);
    await until(id, 'held', 'aurigen');
    const dispatch = await heed.call('GET', `/v1/dispatches/${dispatchId}`, undefined, 'aurigen');
    expect(dispatch.body).toMatchObject({ state: 'held', targets: STORES.map(() => ({ state: 'held', reason: 'legal_hold' })) });
    const link = new URL(String((await heed.request(id, 'aurigen'))['statusUrl'])).pathname;
    expect(await (await heed.dsar.fetch(heed.dsar.url + link)).text()).toContain('the law obliges us to keep your data for now');

    heed.clock.advance({ days: 3 });
    await heed.releaseHold(ref, holdId, 'aurigen');
    await until(id, 'in_progress', 'aurigen');
    const due = new Date(heed.clock.now().getTime() + 86_400_000).toISOString();
    expect((await heed.call('GET', `/v1/dispatches/${dispatchId}`, undefined, 'aurigen')).body).toMatchObject({ state: 'in_progress', due });
    await heed.clear(dispatchId, 2);
    const command = await heed.command(dispatchId);
    await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store)));
    await until(id, 'closed', 'aurigen');
    expect(heed.bus.seen('heed.command.erasure.v1').filter((event) => event.data['dispatchId'] === dispatchId)).toHaveLength(1);
  });

  it('is not held for ever when the release of a hold overtakes the answer it ends', async () => {
    const { id, dispatchId, ref } = await heed.approved();
    const holdId = randomUUID();
    await heed.releaseHold(ref, holdId);
    await eventually(async () => (await heed.dsar.sql('SELECT 1 FROM t_ajuni.released_hold WHERE hold_id = $1', [holdId])).length === 1);
    await heed.holdBack(dispatchId, ref, holdId);
    await heed.clear(dispatchId, 2);
    expect((await heed.command(dispatchId)).data['dispatchId']).toBe(dispatchId);
    expect((await heed.request(id))['state']).toBe('in_progress');
  });

  it('asks retention again when a store holds back what no hold stands behind', async () => {
    const { id, dispatchId } = await heed.approved();
    await heed.clear(dispatchId);
    const first = await heed.command(dispatchId);
    await heed.bus.publish(heed.stores.answer(first, 'crm', { outcome: 'held', rows: 0, reason: 'legal_hold', assurance: 'applied' }));
    await heed.bus.publish(...['telemetry', 'mail-processor'].map((store) => heed.stores.answer(first, store)));
    await eventually(async () => {
      const { stores } = (await heed.request(id)) as { stores: { state: string }[] };
      expect(stores.map((store) => store.state).sort()).toEqual(['done', 'done', 'held']);
    });
    heed.clock.advance({ seconds: 10 });
    await heed.clear(dispatchId, 3);
    const second = await heed.command(dispatchId, 2);
    expect(second.data['targets']).toEqual(['crm']);
    await heed.bus.publish(heed.stores.answer(second, 'crm'));
    await until(id, 'closed');
  });

  it('an acknowledgement signed by another key is refused and recorded, and the target is untouched', async () => {
    const { dispatchId } = await heed.approved();
    await heed.clear(dispatchId);
    const command = await heed.command(dispatchId);
    await heed.bus.publish(heed.stores.answer(command, 'crm', {}, generateAgentKeys()));
    await eventually(async () => {
      const rows = await heed.dsar.sql('SELECT data_store, reason FROM t_ajuni.refused_acknowledgement WHERE dispatch_id = $1', [dispatchId]);
      expect(rows).toEqual([{ data_store: 'crm', reason: 'key_of_another' }]);
    });
    const { body } = await heed.call('GET', `/v1/dispatches/${dispatchId}`);
    expect(body['targets']).toEqual(expect.arrayContaining([expect.objectContaining({ dataStore: 'crm', state: 'pending', evidence: null })]));
  });

  it('stays open while a store reports residue, and the certificate tells only of the good end', async () => {
    const { id, dispatchId } = await heed.approved();
    await heed.clear(dispatchId);
    const command = await heed.command(dispatchId);
    await heed.bus.publish(...['telemetry', 'mail-processor'].map((store) => heed.stores.answer(command, store)));
    await heed.bus.publish(heed.stores.answer(command, 'crm', { outcome: 'failed', residue: 1, reason: 'residue_found' }));
    await eventually(async () => expect((await heed.request(id))['stores']).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'failed', residue: 1 })])));
    expect((await heed.request(id))['state']).toBe('in_progress');
    await heed.bus.publish(heed.stores.answer(command, 'crm', { rows: 5 }));
    await until(id, 'closed');
    expect((await certificateOf(id)).certificate.totals).toMatchObject({ residue: 0 });
  });

  it('a residue that shows after closing is answered by a certificate that takes the place of the first', async () => {
    const { id, dispatchId } = await heed.approved();
    await heed.clear(dispatchId);
    const command = await heed.command(dispatchId);
    await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store)));
    await until(id, 'closed');
    const first = await certificateOf(id);
    await heed.bus.publish(heed.stores.answer(command, 'crm', { outcome: 'failed', residue: 2, reason: 'residue_found' }));
    await eventually(async () => expect((await heed.call('GET', `/v1/dispatches/${dispatchId}`)).body['state']).toBe('in_progress'));
    await heed.bus.publish(heed.stores.answer(command, 'crm', { rows: 2 }));
    const renewed = await eventually(async () => {
      const now = await certificateOf(id);
      return now.certificate.id === first.certificate.id ? false : now;
    });
    expect(renewed.certificate.supersedes).toBe(first.certificate.id);
    for (const signed of [first, renewed]) expect(verifyCertificate(signed), 'each shows the answers of its time').toMatchObject({ ok: true });
    expect(heed.bus.seen('heed.dsar.request_closed.v1').filter((event) => event.data['requestId'] === id)).toHaveLength(1);
  });

  it('of somebody whom nobody knows any more closes with nothing found', async () => {
    const email = `${randomUUID()}@example.com`;
    const opened = await heed.open(email);
    const id = String(opened.body['id']);
    heed.consent.forget(String((await heed.request(id))['ref']));
    await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' });
    const { body } = await heed.call('POST', `/v1/requests/${id}/approve`, {});
    await heed.clear(String((body['dispatchIds'] as string[])[0]));
    await until(id, 'closed');
    expect((await certificateOf(id)).certificate.dispatches[0]?.stores.map((store) => store.outcome)).toEqual(STORES.map(() => 'nothing_found'));
    const page = await heed.call('GET', `/v1/requests/${id}/certificate`, undefined, 'ajuni', ['auditor'], { accept: 'text/html' });
    expect(page.body['text']).toContain('was looked for in 3 data stores, and nothing was found');
    const link = new URL(String((await heed.request(id))['statusUrl'])).pathname;
    expect(await (await heed.dsar.fetch(heed.dsar.url + link)).text()).toContain('found nothing about you');
    const mail = await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_closed' });
    expect(mail.data['params']).toMatchObject({ result: 'nothing_found' });
  });
});
