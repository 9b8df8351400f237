import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { holderIdOf, identityOf, pseudonymOf } from './identity.js';
import type { Identity } from './identity.js';
import type { TenantRules } from './tenant-rules.js';
import { TokenVerifier } from './verifier.js';

const NOW = Date.parse('2026-11-21T10:00:00Z') / 1000;

let server: Server;
let issuer: string;
let published: JWK[];
let asked: number;
let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let verifier: TokenVerifier;

beforeEach(async () => {
  asked = 0;
  keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  published = [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'EdDSA' }];
  server = createServer((request, response) => {
    const isKeys = request.url === '/jwks';
    if (isKeys) asked += 1;
    response.end(JSON.stringify(isKeys ? { keys: published } : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = new TokenVerifier({ issuer, audience: 'heed', clock: { now: () => new Date(NOW * 1000) } });
  vi.useFakeTimers({ toFake: ['Date'] });
  return async () => {
    vi.useRealTimers();
    await goAway();
  };
});

/** For how long the keys are held; the tokens' own clock stands still. */
const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);

async function goAway(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

interface Shape {
  readonly iss?: string;
  readonly aud?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly nbf?: number;
  readonly kid?: string;
  readonly key?: CryptoKey;
}

async function token(shape: Shape = {}): Promise<string> {
  const claims = { iss: issuer, aud: 'heed', sub: 'ada', tenant: 'ajuni', roles: ['dpo', 'king'], iat: NOW, exp: NOW + 600 };
  const { kid = 'one', key = keys.privateKey, ...changed } = shape;
  return `Bearer ${await new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'EdDSA', kid }).sign(key)}`;
}

describe('a token', () => {
  it('names a person, their tenant, and the roles that exist', async () => {
    expect(await verifier.verify(await token())).toEqual({ subject: 'ada', tenant: 'ajuni', roles: ['dpo'] });
  });

  it.each<[string, Shape, string]>([
    ['of another issuer', { iss: 'https://elsewhere.example' }, 'token_invalid'],
    ['for another audience', { aud: 'billing' }, 'token_invalid'],
    ['that has expired', { iat: NOW - 700, exp: NOW - 31 }, 'token_expired'],
    ['from the future', { iat: NOW + 31, exp: NOW + 600 }, 'token_invalid'],
    ['that is not valid yet', { nbf: NOW + 31 }, 'token_invalid'],
    ['that lives longer than 15 minutes', { exp: NOW + 901 }, 'token_invalid'],
    ['issued more than 15 minutes ago', { iat: NOW - 931 }, 'token_expired'],
    ['without an end', { exp: undefined as unknown as number }, 'token_invalid'],
    ['without a beginning', { iat: undefined as unknown as number }, 'token_invalid'],
  ])('%s is refused', async (_, shape, code) => {
    await expect(verifier.verify(await token(shape))).rejects.toMatchObject({ kind: 'unauthenticated', code });
  });

  it('may differ by half a minute from this clock', async () => {
    await verifier.verify(await token({ iat: NOW + 29, exp: NOW + 600 }));
    await verifier.verify(await token({ iat: NOW - 600, exp: NOW - 29 }));
  });

  it("signed by somebody else under the issuer's key id is refused", async () => {
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    await expect(verifier.verify(await token({ key: other.privateKey }))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('that is not signed, or by a secret that everybody knows, is refused', async () => {
    const claims = { iss: issuer, aud: 'heed', iat: NOW, exp: NOW + 600, roles: ['dpo'], tenant: 'ajuni' };
    const unsecured = new UnsecuredJWT(claims).encode();
    const secret = new TextEncoder().encode(JSON.stringify(published[0]).padEnd(64, ' '));
    const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret);
    for (const forged of [unsecured, symmetric]) await expect(verifier.verify(`Bearer ${forged}`)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it.each([undefined, '', 'Basic YWRhOmFkYQ==', 'Bearer', 'Bearer a b', 'Bearer é'])('is missing in %j', async (header) => {
    await expect(verifier.verify(header)).rejects.toMatchObject({ code: 'token_missing' });
  });

  it('of any length that is none is refused', async () => {
    await expect(verifier.verify(`Bearer ${'a'.repeat(100_000)}`)).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(verifier.verify(`Bearer ${'a.'.repeat(50_000)}`)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

/** The rules that a policy pack makes for a tenant's tokens, and what of them was revoked. */
function withRules(rules: Partial<TenantRules>): TokenVerifier {
  const clock = { now: () => new Date(NOW * 1000) };
  const all: TenantRules = { lifetimeSeconds: 900, isRevoked: () => false, withdrawnFrom: () => [], ...rules };
  return new TokenVerifier({ issuer, audience: 'heed', clock, rules: { of: () => all } });
}

describe('a token that was refused', () => {
  it('is refused for five seconds without another look, whoever else comes, and looked at again after that', async () => {
    const wrong = await token({ aud: 'billing' });
    await expect(verifier.verify(wrong)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(verifier.refusedBefore(wrong)).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(verifier.refusedBefore(await token())).toBeUndefined();
    expect(await verifier.verify(await token())).toMatchObject({ subject: 'ada' });
    const early = await token({ iat: NOW + 31, exp: NOW + 600 });
    await expect(verifier.verify(early)).rejects.toMatchObject({ code: 'token_invalid' });
    const now = performance.now();
    const elapsed = vi.spyOn(performance, 'now').mockReturnValue(now + 5_001);
    expect(verifier.refusedBefore(early)).toBeUndefined();
    elapsed.mockRestore();
  });
});

describe("a tenant's own rules", () => {
  it('may allow tokens a shorter life than others have', async () => {
    const strict = withRules({ lifetimeSeconds: 600 });
    expect(await strict.verify(await token({ exp: NOW + 600 }))).toMatchObject({ subject: 'ada' });
    await expect(strict.verify(await token({ exp: NOW + 601 }))).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(strict.verify(await token({ exp: NOW + 601 }))).rejects.toThrow('lives longer than 10 minutes');
  });

  it('refuse a token that was taken before, once they have changed', async () => {
    let revoked = false;
    let rules: TenantRules = { lifetimeSeconds: 900, isRevoked: () => revoked, withdrawnFrom: () => [] };
    const changing = new TokenVerifier({ issuer, audience: 'heed', clock: { now: () => new Date(NOW * 1000) }, rules: { of: () => rules } });
    const mine = await token();
    expect(await changing.verify(mine)).toMatchObject({ subject: 'ada' });
    revoked = true;
    rules = { ...rules };
    await expect(changing.verify(mine)).rejects.toMatchObject({ kind: 'unauthenticated', code: 'token_revoked' });
    expect(await changing.inspect(mine)).toMatchObject({ principal: { subject: 'ada', tenant: 'ajuni' } });
  });

  it('take away roles that the issuer still gives', async () => {
    const holder = holderIdOf('ajuni', 'ada');
    expect(await withRules({ withdrawnFrom: (id) => (id === holder ? ['dpo'] : []) }).verify(await token())).toMatchObject({ roles: [] });
    expect(await withRules({ withdrawnFrom: (id) => (id === holder ? ['analyst'] : []) }).verify(await token())).toMatchObject({ roles: ['dpo'] });
  });
});

describe('who a token is of', () => {
  it('is said without personal data, and the same in every service with the same key', () => {
    const ada = pseudonymOf('Ada@example.com', 'k'.repeat(32));
    expect(ada).toMatch(/^hid_[A-Za-z0-9_-]{32}$/);
    expect(pseudonymOf('ada@example.com', 'k'.repeat(32))).toBe(ada);
    expect(pseudonymOf('ada@example.com', 'l'.repeat(32))).not.toBe(ada);
    expect(pseudonymOf('+49 171 1234567', 'k'.repeat(32))).toMatch(/^hid_/);
    expect(pseudonymOf('auth0|64f1c0ffee', 'k'.repeat(32))).toBe('auth0|64f1c0ffee');
    expect(pseudonymOf('cli.ajuni', 'k'.repeat(32))).toBe('cli.ajuni');
  });

  it('has one session per sid, and without one per program', () => {
    const of = (claims: object): Identity => identityOf({ sub: 'ada', tenant: 'ajuni', client_id: 'console', ...claims }, 'k');
    expect(of({ sid: 'one' }).sessionId).toBe(of({ sid: 'one', client_id: 'other' }).sessionId);
    expect(of({ sid: 'one' }).sessionId).not.toBe(of({ sid: 'two' }).sessionId);
    expect(of({}).sessionId).not.toBe(of({ client_id: 'other' }).sessionId);
    expect(of({}).applicationId).not.toBe(of({ tenant: 'auronx' }).applicationId);
    expect(of({ client_id: undefined, azp: 'console' }).applicationId).toBe(of({}).applicationId);
  });
});

describe("the issuer's keys", () => {
  it('are read once, not for every token', async () => {
    for (let i = 0; i < 20; i += 1) await verifier.verify(await token({ iat: NOW - i }));
    expect(asked).toBe(1);
  });

  it('may rotate: a token of the new key is taken without a restart', async () => {
    await verifier.verify(await token());
    later(6_000);
    const next = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    published = [...published, { ...(await exportJWK(next.publicKey)), kid: 'two', alg: 'EdDSA' }];
    expect(await verifier.verify(await token({ kid: 'two', key: next.privateKey }))).toMatchObject({ subject: 'ada' });
  });

  it('are not asked for again and again by unknown key ids', async () => {
    await verifier.verify(await token());
    later(6_000);
    for (let i = 0; i < 50; i += 1) await expect(verifier.verify(await token({ kid: `made-up-${i}` }))).rejects.toMatchObject({ code: 'token_invalid' });
    expect(asked).toBe(2);
  });

  it('serve on while the issuer is away; a key that nobody could ask about is 503, not 401', async () => {
    await verifier.verify(await token());
    await goAway();
    later(3_600_000);
    expect(await verifier.verify(await token({ iat: NOW - 5 }))).toMatchObject({ subject: 'ada' });
    await expect(verifier.verify(await token({ aud: 'billing' }))).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(verifier.verify(await token({ kid: 'two' }))).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it('that were never read make it 503 with a time to come again', async () => {
    await goAway();
    await expect(verifier.verify(await token())).rejects.toMatchObject({ kind: 'unavailable', code: 'issuer_unavailable', retriable: true });
  });

  it('are looked for once for all who wait: a flood of made-up tokens is no flood of questions', async () => {
    await goAway();
    const questions = vi.spyOn(globalThis, 'fetch');
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => verifier.verify(`Bearer made.up.${i}`)));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(questions).toHaveBeenCalledTimes(1);
    questions.mockRestore();
  });
});
