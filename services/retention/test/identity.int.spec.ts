import { ACCESS, ClientCredentials, ROLES } from '@heed/auth';
import { retentionMigrations, retentionService } from '../src/index.js';
import { eventually, ServiceBed } from '@heed/testing';
import type { StartedService } from '@heed/testing';
import { loadSamplePack } from '@heed/policy';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLERS, issuerUnderTest } from './support/issuer-under-test.js';
import type { CallerName, IssuerUnderTest } from './support/issuer-under-test.js';
import { WayToIssuer } from './support/way-to-issuer.js';

/** What a service does with the tokens of an issuer it knows by HEED_ISSUER and HEED_AUDIENCE alone, whichever issuer that is. */
let issuer: IssuerUnderTest;
let way: WayToIssuer;
let bed: ServiceBed;
let retention: StartedService;
/** Of the service, never of the issuer: tokens age without anybody waiting. */
let ahead = 0;

const identity = (): Record<string, string> => ({
  HEED_ISSUER: issuer.url,
  HEED_CLIENT_ID: issuer.clients.service.id,
  HEED_CLIENT_SECRET: issuer.clients.service.secret,
  HEED_CONSENT_URL: 'http://127.0.0.1:9',
});

beforeAll(async () => {
  issuer = await issuerUnderTest();
  way = new WayToIssuer(new URL(issuer.url), new URL(issuer.upstream));
  await way.open();
  bed = await ServiceBed.make({ clock: { now: () => new Date(Date.now() + ahead) } });
  retention = await bed.start(retentionService, retentionMigrations, identity());
});
afterAll(async () => {
  await bed.stop();
  await way.close();
  await issuer.stop();
});

/** A token fresh from the issuer. */
async function tokenOf(caller: CallerName): Promise<string> {
  const { id, secret, scope } = issuer.clients[caller];
  return new ClientCredentials({ issuer: issuer.url, clientId: id, clientSecret: secret, audience: 'heed', ...(scope ? { scope } : {}) }).get();
}

async function call(route: string, token: string, service = retention): Promise<{ status: number; code: unknown }> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(service.url + path.replace(':id', '01999999-0000-7000-8000-000000000000'), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-heed-tenant': 'ajuni' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  return { status: response.status, code: ((await response.json()) as { code?: unknown }).code };
}

const ROUTES = ['POST /v1/holds', 'GET /v1/holds', 'GET /v1/holds/:id', 'GET /v1/schedules'] as const;

describe('tokens of the configured issuer', () => {
  it('open exactly the calls that the access matrix gives to their role', async () => {
    for (const role of ROLES) {
      const token = await tokenOf(role);
      for (const route of ROUTES) {
        const allowed = ACCESS[route] ?? [];
        const { status, code } = await call(route, token);
        const verdict = code === 'role_missing' ? 'refused' : [401, 403].includes(status) ? `${status} ${String(code)}` : 'let in';
        expect(`${role} ${route}: ${verdict}`).toBe(`${role} ${route}: ${allowed.includes(role) ? 'let in' : 'refused'}`);
      }
    }
  });

  it('ASK-18: live as long as the policy of their tenant allows and are refused afterwards', async () => {
    for (const [caller, tenant, minutes] of [['dpo of askasia', 'askasia', 10], ['dpo', 'ajuni', 15]] as const) {
      expect(loadSamplePack(tenant).security.accessTokenTtl.value).toBe(`PT${minutes}M`);
      const token = await tokenOf(caller);
      const { exp = 0, iat = 0 } = decodeJwt(token);
      expect(exp - iat).toBe(minutes * 60);
      expect(await call('GET /v1/holds', token)).toMatchObject({ status: 200 });
      ahead = (minutes + 1) * 60_000;
      expect(await call('GET /v1/holds', token)).toEqual({ status: 401, code: 'token_expired' });
      ahead = 0;
    }
  });

  it('are refused by a service of another audience', async () => {
    const other = await bed.start(retentionService, retentionMigrations, { ...identity(), HEED_AUDIENCE: 'another' });
    expect(await call('GET /v1/holds', await tokenOf('dpo'), other)).toEqual({ status: 401, code: 'token_invalid' });
  });

  it('are verified with the keys that are known while the issuer is gone', async () => {
    const unseen = await tokenOf('dpo');
    await call('GET /v1/holds', await tokenOf('auditor')); // the keys are known
    await way.close();
    expect(await call('GET /v1/holds', unseen)).toMatchObject({ status: 200 });
    await way.open();
  });

  it('with an unknown key id are refused, and the issuer is not asked for each', async () => {
    const discovery = (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as { jwks_uri: string };
    const keys = new URL(discovery.jwks_uri).pathname;
    const [, payload = '', signature = ''] = (await tokenOf('dpo')).split('.');
    const before = way.timesAsked(keys);
    for (let i = 0; i < 40; i += 1) {
      const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: `unknown-${i}` })).toString('base64url');
      expect(await call('GET /v1/holds', `${header}.${payload}.${signature}`)).toEqual({ status: 401, code: 'token_invalid' });
    }
    expect(way.timesAsked(keys) - before).toBeLessThanOrEqual(3);
  });

  it('are taken with a new key after the issuer has rotated it, without a restart', async () => {
    const before = JSON.parse(Buffer.from((await tokenOf('dpo')).split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    await issuer.rotate();
    const token = await tokenOf('dpo');
    const after = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    expect(after.kid).not.toBe(before.kid);
    await eventually(async () => expect(await call('GET /v1/holds', token)).toMatchObject({ status: 200 }), { timeoutMs: 20_000 });
  });

  it('are had by nobody with a wrong secret', async () => {
    for (const caller of CALLERS) {
      const { id } = issuer.clients[caller];
      const guess = new ClientCredentials({ issuer: issuer.url, clientId: id, clientSecret: 'a-wrong-secret-of-length', audience: 'heed' });
      await expect(guess.get()).rejects.toMatchObject({ code: 'issuer_unavailable' });
    }
  });
});
