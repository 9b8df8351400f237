import { byEmail, Heed, OfficersBrowser } from '@heed/e2e';
import { issueEnrolmentCode } from '@heed/local';
import { loadSamplePack } from '@heed/policy';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let heed: Heed;
let roots: string;
beforeAll(async () => {
  roots = await mkdtemp(path.join(tmpdir(), 'heed-roots-'));
  heed = await Heed.start({ HEED_FIDO_ROOTS: roots });
});
afterAll(async () => {
  await heed.stop();
  await rm(roots, { recursive: true, force: true });
});

async function verifiedRequest(tenant: string): Promise<string> {
  const { body } = await heed.call(tenant, 'POST', '/v1/requests', { type: 'erase', subject: byEmail(`${randomUUID()}@example.org`), channel: 'api' });
  await heed.insist(tenant, `/v1/requests/${String(body['id'])}/verify`, { method: 'operator_attested', note: 'known' }, randomUUID());
  return String(body['id']);
}

const codeFor = (tenant: string): Promise<string> => issueEnrolmentCode(heed.system.context.postgresUrl, tenant, `cli.${tenant}`);
const open = (tenant: string): Promise<OfficersBrowser> => OfficersBrowser.open(heed.system.origin, () => heed.token(tenant));
const approval = (id: string): string => `/v1/requests/${id}/approve`;

/** The operator gets to know the maker of a key. */
async function trust(attestation: Buffer): Promise<void> {
  const [certificate] = decodeAttestationObject(new Uint8Array(attestation)).get('attStmt').get('x5c') ?? [];
  const lines = Buffer.from(certificate ?? []).toString('base64').match(/.{1,64}/g) ?? [];
  await writeFile(path.join(roots, 'maker.pem'), ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
  const registry = heed.system.part('subprocessor-registry');
  await registry.stop();
  await registry.start();
}

describe('a privacy officer at a real browser', () => {
  it('AJU-49: approves with a hardware key whose maker is known, for that one request, once', async () => {
    expect(loadSamplePack('ajuni').security.privilegedMfa).toMatchObject({ value: 'fido2_hardware', source: 'AJU-49' });
    const browser = await open('ajuni');
    const code = await codeFor('ajuni');
    const unknown = await browser.register(code);
    expect(unknown).toMatchObject({ status: 422, body: { code: 'attestation_missing', promise: 'AJU-49' } });
    await trust(unknown.attestation);
    expect(await browser.register(code)).toMatchObject({ status: 201, body: { method: 'fido2_hardware', state: 'active' } });

    const [id, other] = [await verifiedRequest('ajuni'), await verifiedRequest('ajuni')];
    expect(await browser.post(approval(id), { note: 'checked' })).toMatchObject({ status: 401, body: { code: 'step_up_required' } });
    const stepUp = await browser.stepUp('request.approve', id);
    expect(stepUp).toMatchObject({ status: 200, body: { method: 'fido2_hardware' } });
    const token = String(stepUp.body['token']);

    const placed = await heed.call('ajuni', 'POST', '/v1/holds', { subject: byEmail(`${randomUUID()}@example.org`), matter: 'case 12', reason: 'litigation' });
    const release = `/v1/holds/${String(placed.body['id'])}/release`;
    for (const replayed of [release, approval(other)]) {
      expect(await browser.post(replayed, { note: 'replayed' }, token), replayed).toMatchObject({ status: 401, body: { code: 'step_up_invalid' } });
    }
    const approved = await browser.post(approval(id), { note: 'checked' }, token);
    expect(approved.status).toBe(200);
    expect(approved.body['timeline']).toContainEqual(expect.objectContaining({ kind: 'approved', stepUp: { id: expect.any(String) as string, method: 'fido2_hardware' } }));
    expect(await browser.post(approval(id), { note: 'again' }, token)).toMatchObject({ status: 401, body: { code: 'step_up_used' } });
    expect((await heed.call('ajuni', 'GET', `/v1/requests/${other}`)).body).toMatchObject({ state: 'verified' });
    await browser.close();
    await heed.requestIs('ajuni', id, 'closed');
  });

  it('AUR-19: approves with any authenticator that verifies its user', async () => {
    expect(loadSamplePack('aurigen').security.privilegedMfa).toMatchObject({ value: 'webauthn', source: 'AUR-19' });
    const browser = await open('aurigen');
    expect(await browser.register(await codeFor('aurigen'))).toMatchObject({ status: 201, body: { method: 'webauthn' } });
    const id = await verifiedRequest('aurigen');
    const { body } = await browser.stepUp('request.approve', id);
    expect(await browser.post(approval(id), { note: 'checked' }, String(body['token']))).toMatchObject({ status: 200 });
    await browser.close();
  });

  it('AJU-48: without a step-up is 401, with every role there is', async () => {
    const id = await verifiedRequest('ajuni');
    expect(await heed.call('ajuni', 'POST', approval(id), { note: 'checked' }, { 'heed-step-up': '' })).toMatchObject({ status: 401, body: { code: 'step_up_required' } });
    expect((await heed.call('ajuni', 'GET', `/v1/requests/${id}`)).body).toMatchObject({ state: 'verified', dispatchIds: [] });
  });
});
