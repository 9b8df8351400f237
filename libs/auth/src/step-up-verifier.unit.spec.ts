import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { STEP_UP_AUDIENCE, STEP_UP_TYPE } from './step-up.js';
import type { StepUpNeed } from './step-up.js';
import { StepUpVerifier } from './step-up-verifier.js';

const NOW = Date.parse('2026-11-21T10:00:00Z') / 1000;
const ISSUER = 'https://heed.example';
const NEED: StepUpNeed = { tenant: 'ajuni', subject: 'ada', act: 'request.approve', resource: 'case-1' };

let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let published: JWK[];
let asked: string[];
let away: boolean;
let verifier: StepUpVerifier;

beforeEach(async () => {
  keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  published = [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'EdDSA' }];
  asked = [];
  away = false;
  verifier = new StepUpVerifier({ issuer: ISSUER, clock: { now: () => new Date(NOW * 1000) }, allowSoftware: false, fetchKeys });
  vi.useFakeTimers({ toFake: ['Date'] });
  return () => vi.useRealTimers();
});

async function fetchKeys(tenant: string): Promise<{ keys: JWK[] }> {
  asked.push(tenant);
  if (away) throw new Error('connection refused');
  return { keys: published };
}

const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);

interface Shape {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly kid?: string;
  readonly typ?: string;
  readonly key?: CryptoKey;
}

const CLAIMS = {
  iss: ISSUER, aud: STEP_UP_AUDIENCE, sub: 'ada', tenant: 'ajuni', act: 'request.approve', resource: 'case-1', method: 'webauthn',
  jti: '0192f3c4-0000-7000-8000-000000000000', iat: NOW, exp: NOW + 120,
};

function token({ claims = {}, kid = 'one', typ = STEP_UP_TYPE, key = keys.privateKey }: Shape = {}): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg: 'EdDSA', kid, typ }).sign(key);
}

describe('a step-up token', () => {
  it('is a proof for the act that it names', async () => {
    expect(await verifier.verify(await token(), NEED)).toEqual({
      id: CLAIMS.jti, act: NEED.act, resource: NEED.resource, method: 'webauthn', expiresAt: new Date((NOW + 120) * 1000),
    });
    expect(asked).toEqual(['ajuni']);
  });

  it.each<[string, Shape, string]>([
    ['of another person', { claims: { sub: 'omar' } }, 'step_up_invalid'],
    ['of another tenant', { claims: { tenant: 'askasia' } }, 'step_up_invalid'],
    ['for another act', { claims: { act: 'hold.release' } }, 'step_up_invalid'],
    ['for another thing', { claims: { resource: 'case-2' } }, 'step_up_invalid'],
    ['of another Heed', { claims: { iss: 'https://elsewhere.example' } }, 'step_up_invalid'],
    ['for another audience', { claims: { aud: 'heed' } }, 'step_up_invalid'],
    ['of another type', { typ: 'at+jwt' }, 'step_up_invalid'],
    ['by a method that there is not', { claims: { method: 'promise' } }, 'step_up_invalid'],
    ['without an id', { claims: { jti: undefined } }, 'step_up_invalid'],
    ['that is over', { claims: { iat: NOW - 131, exp: NOW - 11 } }, 'step_up_expired'],
    ['of three minutes ago that says it lives on', { claims: { iat: NOW - 180, exp: NOW + 600 } }, 'step_up_expired'],
    ['from the future', { claims: { iat: NOW + 60, exp: NOW + 180 } }, 'step_up_invalid'],
    ['by a software key', { claims: { method: 'software_local' } }, 'step_up_invalid'],
  ])('%s is refused', async (_, shape, code) => {
    await expect(verifier.verify(await token(shape), NEED)).rejects.toMatchObject({ kind: 'unauthenticated', code, stepUp: { act: NEED.act, resource: NEED.resource } });
  });

  it('that is not signed, or by somebody else, is refused', async () => {
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    for (const forged of [new UnsecuredJWT(CLAIMS).encode(), await token({ key: other.privateKey }), 'a.b.c']) {
      await expect(verifier.verify(forged, NEED)).rejects.toMatchObject({ code: 'step_up_invalid' });
    }
  });
});

describe('the keys of step-ups', () => {
  it('serve on while the registry is away', async () => {
    await verifier.verify(await token(), NEED);
    away = true;
    later(60 * 60_000);
    await verifier.verify(await token(), NEED);
    expect(asked).toHaveLength(2);
  });

  it('are asked for once for all who wait', async () => {
    const one = await token();
    await Promise.all([verifier.verify(one, NEED), verifier.verify(one, NEED), verifier.verify(one, NEED)]);
    expect(asked).toHaveLength(1);
  });

  it('are not hammered for one that there is not, and a new one is found', async () => {
    const unknown = await token({ kid: 'two' });
    for (let i = 0; i < 20; i++) await expect(verifier.verify(unknown, NEED)).rejects.toMatchObject({ code: 'step_up_invalid' });
    expect(asked).toHaveLength(1);
    published = published.map((key) => ({ ...key, kid: 'two' }));
    later(5_001);
    expect((await verifier.verify(unknown, NEED)).act).toBe(NEED.act);
    expect(asked).toHaveLength(2);
  });

  it('that are not known while the registry is away are a 503, not a refusal', async () => {
    away = true;
    const one = await token();
    for (let i = 0; i < 3; i++) await expect(verifier.verify(one, NEED)).rejects.toMatchObject({ kind: 'unavailable', code: 'step_up_keys_unavailable' });
    expect(asked).toHaveLength(1);
  });
});
