import { STEP_UP_HEADER } from '@heed/auth';
import { loadSamplePack } from '@heed/policy';
import { TestStepUps } from '@heed/testing';
import type { Answer, TestStepUp } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DsarUnderTest } from './dsar-under-test.js';

const APPROVE = 'request.approve';

let heed: DsarUnderTest;
beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni', 'aurigen']);
  for (const tenant of ['ajuni', 'aurigen'] as const) await heed.prepare(tenant);
});
afterAll(() => heed.stop());

async function verified(tenant = 'ajuni'): Promise<string> {
  const id = String((await heed.open(undefined, tenant)).body['id']);
  await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' }, tenant);
  return id;
}

const approve = (id: string, token: string, tenant = 'ajuni', headers: Record<string, string> = {}): Promise<Answer> =>
  heed.call('POST', `/v1/requests/${id}/approve`, { note: 'checked' }, tenant, ['dpo'], { [STEP_UP_HEADER]: token, ...headers });

const stepUp = (resource: string, more: Partial<TestStepUp> = {}): Promise<string> =>
  heed.bed.stepUps.token({ tenant: 'ajuni', subject: 'test', act: APPROVE, resource, ...more });

describe('an approval', () => {
  it('AJU-49: without a fresh FIDO2 proof is 401 and lets nothing out; the answer says what to get', async () => {
    expect(loadSamplePack('ajuni').security.privilegedMfa).toMatchObject({ value: 'fido2_hardware', source: 'AJU-49' });
    const id = await verified();
    const answer = await approve(id, '');
    expect(answer).toMatchObject({ status: 401, body: { code: 'step_up_required', stepUp: { act: APPROVE, resource: id } } });
    expect(answer.body['detail']).toContain('POST /v1/step-ups');
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_user_authentication');
    expect(await heed.request(id)).toMatchObject({ state: 'verified', dispatchIds: [] });
  });

  it('AJU-49: by an authenticator that is no hardware key is refused, naming the promise; AUR-19 asks for less', async () => {
    const id = await verified();
    expect((await approve(id, await stepUp(id, { method: 'webauthn' }))).body).toMatchObject({ status: 401, code: 'step_up_too_weak', promise: 'AJU-49' });
    expect(await heed.request(id)).toMatchObject({ state: 'verified' });
    expect(loadSamplePack('aurigen').security.privilegedMfa).toMatchObject({ value: 'webauthn', source: 'AUR-19' });
    const other = await verified('aurigen');
    expect((await approve(other, await stepUp(other, { method: 'webauthn', tenant: 'aurigen' }), 'aurigen')).status).toBe(200);
  });

  it('names its proof in the timeline and in the ledger', async () => {
    const id = await verified();
    const proof = randomUUID();
    const answer = await approve(id, await stepUp(id, { id: proof }));
    const stepped = { stepUp: { id: proof, method: 'fido2_hardware' } };
    expect(answer.body['timeline']).toContainEqual(expect.objectContaining({ kind: 'approved', ...stepped }));
    const [entry] = await heed.dsar.sql<{ data: unknown }>(`SELECT data FROM t_ajuni.ledger_entry WHERE kind = 'request.approved' AND data->>'requestId' = $1`, [id]);
    expect(entry?.data).toMatchObject(stepped);
  });

  it.each<[string, (id: string) => Promise<string>]>([
    ['for another act', (id) => stepUp(id, { act: 'hold.release' })],
    ['for another request', () => stepUp(randomUUID())],
    ['of somebody else', (id) => stepUp(id, { subject: 'omar' })],
    ['of another tenant', (id) => stepUp(id, { tenant: 'aurigen' })],
    ['of another installation', (id) => stepUp(id, { issuer: 'https://elsewhere.example' })],
    ['by a software key, where none is let in', (id) => stepUp(id, { method: 'software_local' })],
    ['signed by somebody else under the same key id', (id) => byStranger(id)],
    ['that is an access token', () => heed.bed.issuer.token({ tenant: 'ajuni', roles: ['dpo'] })],
    ['that is nothing of the kind', async () => 'approved-by-me'],
  ])('with a step-up %s is 401', async (_, token) => {
    const id = await verified();
    expect((await approve(id, await token(id))).body).toMatchObject({ status: 401, code: 'step_up_invalid' });
    expect(await heed.request(id)).toMatchObject({ state: 'verified' });
  });

  it('with a step-up of two minutes ago is 401', async () => {
    const id = await verified();
    const token = await stepUp(id);
    heed.clock.advance({ seconds: 135 });
    expect((await approve(id, token)).body).toMatchObject({ status: 401, code: 'step_up_expired' });
  });

  it('counts its step-up once, and still repeats its answer to the same call', async () => {
    const id = await verified();
    const token = await stepUp(id);
    const key = { 'idempotency-key': randomUUID() };
    const [first, twin] = await Promise.all([approve(id, token, 'ajuni', key), approve(id, token, 'ajuni', key)]);
    expect([first.status, twin.status]).toEqual([200, 200]);
    expect(twin.body).toEqual(first.body);
    expect((await approve(id, token, 'ajuni', key)).body).toEqual(first.body);
    expect((await approve(id, token)).body).toMatchObject({ status: 401, code: 'step_up_used' });
    expect(await heed.dsar.sql(`SELECT act, resource FROM t_ajuni.step_up_use WHERE resource = $1`, [id])).toEqual([{ act: APPROVE, resource: id }]);
  });

  it('that fails does not use its step-up up', async () => {
    const id = String((await heed.open()).body['id']);
    const token = await stepUp(id);
    expect((await approve(id, token)).body).toMatchObject({ status: 409, code: 'state_conflict' });
    await heed.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' });
    expect((await approve(id, token)).status).toBe(200);
  });
});

async function byStranger(id: string): Promise<string> {
  const stranger = await TestStepUps.start(heed.clock, 'http://127.0.0.1:9');
  await stranger.stop();
  return stranger.token({ tenant: 'ajuni', subject: 'test', act: APPROVE, resource: id });
}
