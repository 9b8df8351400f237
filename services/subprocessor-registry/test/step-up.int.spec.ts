import { SOFTWARE_KEY_LABEL, STEP_UP_HEADER, StepUpVerifier } from '@heed/auth';
import { SoftwareKey } from '@heed/local';
import type { SoftwareKeyHabits } from '@heed/local';
import { loadSamplePack } from '@heed/policy';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './people.js';
import { ORIGIN, startRegistry } from './registry-under-test.js';
import type { Answer, RegistryUnderTest } from './registry-under-test.js';

/** An authenticator of no particular make. */
const PASSKEY = 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd';
const APPROVE = 'request.approve';
const TENANTS = ['ajuni', 'aurigen', 'auronx'] as const;

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry(TENANTS, { HEED_ALLOW_SOFTWARE_KEYS: 'true' });
  for (const tenant of TENANTS) expect((await registry.post(tenant, '/v1/policies', { pack: loadSamplePack(tenant) })).status).toBe(201);
});
afterAll(() => registry.stop());

const someone = (tenant: string, roles?: readonly string[]): Person => new Person(registry, tenant, `person-${randomUUID()}`, roles);

/** A person with an authenticator. */
async function enrolled(tenant: string, habits: SoftwareKeyHabits = {}, roles?: readonly string[]): Promise<{ person: Person; key: SoftwareKey; id: string }> {
  const person = someone(tenant, roles);
  const key = SoftwareKey.make(habits);
  const { status, body } = await person.register(key, await registry.operatorCode(tenant, person.sub));
  expect([status, body]).toMatchObject([201, { state: 'active' }]);
  return { person, key, id: String(body['id']) };
}

const verifier = (allowSoftware: boolean) =>
  new StepUpVerifier({
    issuer: ORIGIN, clock: registry.clock, allowSoftware,
    fetchKeys: async () => (await registry.get('ajuni', '/internal/step-up-keys', { roles: ['service'] })).body as { keys: [] },
  });

describe('a step-up', () => {
  it('AUR-19: by an authenticator that verified its user is a token for this person, act and thing, for two minutes', async () => {
    const { person, key } = await enrolled('aurigen', { aaguid: PASSKEY, counter: 7 });
    const answer = await person.stepUp(new SoftwareKey(key.state, { counter: 8 }), APPROVE, 'case-1');
    expect(answer).toMatchObject({ status: 200, body: { method: 'webauthn' } });
    expect(answer.body).not.toHaveProperty('label');
    const token = String(answer.body['token']);
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(claims).toMatchObject({ iss: ORIGIN, sub: person.sub, tenant: 'aurigen', act: APPROVE, resource: 'case-1', method: 'webauthn' });
    expect(exp - iat).toBe(120);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', typ: 'heed-step-up+jwt' });
    const need = { tenant: 'aurigen', subject: person.sub, act: APPROVE, resource: 'case-1' };
    expect(await verifier(false).verify(token, need)).toMatchObject({ id: claims.jti, method: 'webauthn' });
  });

  it('AJU-49: takes no authenticator without an attestation of its maker, and the code can be used by one that has it', async () => {
    const person = someone('ajuni');
    const code = await registry.operatorCode('ajuni', person.sub);
    const refusedKey = await person.register(SoftwareKey.make({ aaguid: PASSKEY }), code);
    expect(refusedKey.body).toMatchObject({ status: 422, code: 'attestation_missing', promise: 'AJU-49' });
    expect((await person.begin(APPROVE, 'case-1')).body).toMatchObject({ status: 422, code: 'authenticator_missing', promise: 'AJU-49' });
    expect((await person.register(SoftwareKey.make(), code)).status).toBe(201);
  });

  it('by the software key says so, and is taken only where those are let in', async () => {
    const { person, key } = await enrolled('ajuni');
    const { body } = await person.stepUp(key, APPROVE, 'case-1');
    expect(body).toMatchObject({ method: 'software_local', label: SOFTWARE_KEY_LABEL });
    const need = { tenant: 'ajuni', subject: person.sub, act: APPROVE, resource: 'case-1' };
    await expect(verifier(false).verify(String(body['token']), need)).rejects.toMatchObject({ code: 'step_up_invalid' });
    expect((await verifier(true).verify(String(body['token']), need)).method).toBe('software_local');
  });

  it('answers a challenge once, in its two minutes, and only the person who was asked', async () => {
    const { person, key } = await enrolled('aurigen');
    const begun = await person.begin(APPROVE, 'case-1');
    expect((await person.complete(begun, key)).status).toBe(200);
    expect((await person.complete(begun, key)).body).toMatchObject({ status: 409, code: 'challenge_spent' });
    const late = await person.begin(APPROVE, 'case-1');
    registry.clock.advance({ seconds: 121 });
    expect((await person.complete(late, key)).body).toMatchObject({ status: 409, code: 'challenge_spent' });
    const other = await enrolled('aurigen');
    expect((await other.person.complete(await person.begin(APPROVE, 'case-1'), other.key)).status).toBe(404);
    const stranger = await enrolled('ajuni');
    expect((await stranger.person.complete(await person.begin(APPROVE, 'case-1'), stranger.key)).status).toBe(404);
  });

  it.each<[string, SoftwareKeyHabits, string]>([
    ['without a verified user', { userVerified: false }, ORIGIN],
    ['from another page', {}, 'https://elsewhere.example'],
  ])('%s is 401 and spends the challenge', async (_, habits, origin) => {
    const { person, key } = await enrolled('aurigen');
    const begun = await person.begin(APPROVE, 'case-1');
    const refusal = await person.complete(begun, new SoftwareKey(key.state, habits), origin);
    expect(refusal.body).toMatchObject({ status: 401, code: 'step_up_assertion_invalid' });
    expect((await person.complete(begun, key)).status).toBe(409);
  });

  it("that was signed for another challenge, or by another's key, is 401", async () => {
    const { person, key } = await enrolled('aurigen');
    const [earlier, begun] = [await person.begin(APPROVE, 'case-1'), await person.begin(APPROVE, 'case-2')];
    const replayed = await person.complete({ ...begun, body: { ...earlier.body, id: begun.body['id'] } }, key);
    expect(replayed.body).toMatchObject({ status: 401, code: 'step_up_assertion_invalid' });
    const other = await enrolled('aurigen');
    expect((await person.complete(await person.begin(APPROVE, 'case-1'), other.key)).body).toMatchObject({ status: 401, code: 'step_up_authenticator_refused' });
  });

  it('with a counter that went back is 401, and the authenticator is not taken any more', async () => {
    const { person, key, id } = await enrolled('aurigen', { counter: 5 });
    const counting = (counter: number): SoftwareKey => new SoftwareKey(key.state, { counter });
    expect((await person.stepUp(counting(6), APPROVE, 'case-1')).status).toBe(200);
    const begun = await person.begin(APPROVE, 'case-1');
    expect((await person.stepUp(counting(6), APPROVE, 'case-1')).body).toMatchObject({ status: 401, code: 'step_up_authenticator_refused' });
    expect((await person.complete(begun, counting(7))).body).toMatchObject({ status: 401, code: 'step_up_authenticator_refused' });
    expect((await person.begin(APPROVE, 'case-1')).body).toMatchObject({ code: 'authenticator_missing' });
    expect(await states(person)).toEqual([[id, 'suspect']]);
  });

  it('by an authenticator that was revoked meanwhile is 401', async () => {
    const { person, key, id } = await enrolled('aurigen');
    const begun = await person.begin(APPROVE, 'case-1');
    expect((await person.post(`/v1/authenticators/${id}/revoke`, undefined)).body).toMatchObject({ state: 'revoked', revokedBy: person.sub });
    expect((await person.complete(begun, key)).body).toMatchObject({ status: 401, code: 'step_up_authenticator_refused' });
  });

  it('by what a stricter policy does not take any more is 401 from its first moment', async () => {
    const { person, key } = await enrolled('auronx', { aaguid: PASSKEY });
    expect((await person.stepUp(key, APPROVE, 'case-1')).body).toMatchObject({ method: 'webauthn' });
    const begun = await person.begin(APPROVE, 'case-1');
    const pack = loadSamplePack('auronx');
    const stricter = { ...pack, security: { ...pack.security, privilegedMfa: { value: 'fido2_hardware', source: 'operator_default' } } };
    expect((await registry.post('auronx', '/v1/policies', { pack: stricter })).body).toMatchObject({ version: 2, state: 'active' });
    expect((await person.complete(begun, key)).body).toMatchObject({ status: 401, code: 'step_up_too_weak' });
    expect((await person.begin(APPROVE, 'case-1')).body).toMatchObject({ status: 422, code: 'authenticator_missing' });
  });

  it('for an act that there is not is malformed', async () => {
    const { person } = await enrolled('aurigen');
    expect((await person.begin('coffee.make', 'case-1')).status).toBe(400);
  });

  it("keeps nobody's address: what names a person is malformed", async () => {
    const { person } = await enrolled('aurigen');
    for (const resource of ['ada@example.com', '+49 170 1234567']) expect((await person.begin(APPROVE, resource)).status).toBe(400);
    expect((await person.begin(APPROVE, randomUUID())).status).toBe(201);
  });
});

describe('an authenticator', () => {
  it('AJU-48: is enrolled by an administrator who steps up for that very person, not by a token alone', async () => {
    const { person: admin, key } = await enrolled('ajuni', {}, ['tenant-admin']);
    const newcomer = someone('ajuni');
    expect((await admin.enrol(newcomer.sub, '')).body).toMatchObject({ status: 401, code: 'step_up_required', stepUp: { act: 'authenticator.enrol', resource: newcomer.sub } });
    const token = String((await admin.stepUp(key, 'authenticator.enrol', newcomer.sub)).body['token']);
    expect((await admin.enrol(someone('ajuni').sub, token)).body).toMatchObject({ status: 401, code: 'step_up_invalid' });
    const enrolment = await admin.enrol(newcomer.sub, token);
    expect(enrolment).toMatchObject({ status: 201, body: { subject: newcomer.sub } });
    expect((await admin.enrol(newcomer.sub, token)).body).toMatchObject({ status: 401, code: 'step_up_used' });
    expect((await newcomer.register(SoftwareKey.make(), String(enrolment.body['code']))).status).toBe(201);
    expect((await newcomer.enrol(someone('ajuni').sub, token)).status).toBe(403);
  });

  it('AJU-49: is enrolled by nobody whose own key the policy does not take', async () => {
    const [admin, newcomer] = [someone('ajuni', ['tenant-admin']), someone('ajuni')];
    const weak = await registry.steppedUp('ajuni', 'authenticator.enrol', { sub: admin.sub, resource: newcomer.sub, method: 'webauthn' });
    expect((await admin.enrol(newcomer.sub, String(weak[STEP_UP_HEADER]))).body).toMatchObject({ status: 401, code: 'step_up_too_weak', promise: 'AJU-49' });
    expect(await registry.sql(`SELECT 1 FROM t_ajuni.enrolment_code WHERE subject = '${newcomer.sub}'`)).toEqual([]);
  });

  it('needs a code that was issued for this person, within the hour, and not used', async () => {
    const person = someone('ajuni');
    const code = await registry.operatorCode('ajuni', person.sub);
    for (const other of [someone('ajuni'), new Person(registry, 'aurigen', person.sub)]) {
      expect((await other.options(code)).body).toMatchObject({ status: 422, code: 'enrolment_code_invalid' });
    }
    const [first, second] = [await person.options(code), await person.options(code)];
    const register = (options: Answer) => person.post('/v1/authenticators', { id: options.body['id'], credential: SoftwareKey.make().create(options.body['options'] as never, ORIGIN) });
    expect((await register(first)).status).toBe(201);
    expect((await register(second)).body).toMatchObject({ status: 422, code: 'enrolment_code_invalid' });
    expect((await person.options(code)).body).toMatchObject({ status: 422, code: 'enrolment_code_invalid' });
  });

  it('is registered only by an answer to the challenge, from the right page, with a verified user', async () => {
    const person = someone('aurigen');
    const code = await registry.operatorCode('aurigen', person.sub);
    const refusal = { status: 422, code: 'registration_invalid' };
    expect((await person.register(SoftwareKey.make(), code, 'https://elsewhere.example')).body).toMatchObject(refusal);
    expect((await person.register(SoftwareKey.make({ userVerified: false }), code)).body).toMatchObject(refusal);
    const { body } = await person.options(code);
    const forged = SoftwareKey.make().create({ challenge: 'AAAA', rp: { id: 'localhost' } }, ORIGIN);
    expect((await person.post('/v1/authenticators', { id: body['id'], credential: forged })).body).toMatchObject(refusal);
    expect(await states(person)).toEqual([]);
  });

  it("is revoked by its owner or an administrator, and seen by those who oversee", async () => {
    const { person, id } = await enrolled('aurigen', {}, ['analyst']);
    const colleague = someone('aurigen', ['analyst']);
    expect((await colleague.post(`/v1/authenticators/${id}/revoke`, undefined)).status).toBe(404);
    expect(await states(colleague)).toEqual([]);
    expect(await states(someone('aurigen', ['auditor']))).toContainEqual([id, 'active']);
    expect(await states(person)).toEqual([[id, 'active']]);
    const admin = someone('aurigen', ['tenant-admin']);
    for (const _ of [1, 2]) expect((await admin.post(`/v1/authenticators/${id}/revoke`, undefined)).body).toMatchObject({ state: 'revoked', revokedBy: admin.sub });
  });
});

async function states(who: Person): Promise<unknown[]> {
  const { body } = await who.get('/v1/authenticators?limit=100');
  return (body['items'] as { id: string; state: string }[]).map(({ id, state }) => [id, state]);
}
