import { HeedError } from '@heed/kernel';
import type { Principal, TokenVerifier } from '@heed/auth';
import { makeLogger } from '@heed/observability';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { guardAccess } from './access.js';
import type { AccessLimits } from './access.js';
import { sendProblem } from './problem.js';
import { watchRefusals } from './refused-calls.js';
import type { RefusedCall } from './refused-calls.js';

const refusal = new HeedError({ kind: 'unauthenticated', code: 'token_invalid', detail: 'no' });

/** Tokens are `good <subject>` and anything else; what was verified or refused once is remembered. */
function verifierOf(): Pick<TokenVerifier, 'inspect' | 'recall' | 'refusedBefore'> & { checked: number } {
  const known = new Set<string>();
  const refused = new Set<string>();
  return {
    checked: 0,
    recall(header) {
      return known.has(header ?? '') ? this.inspect(header) : undefined;
    },
    refusedBefore: (header) => (refused.has(header ?? '') ? header : undefined),
    async inspect(header = '') {
      if (refused.has(header)) throw refusal;
      if (!known.has(header)) this.checked += 1;
      const subject = /^good (.+)$/.exec(header)?.[1];
      if (!subject) {
        refused.add(header);
        throw refusal;
      }
      known.add(header);
      const roles: Principal['roles'] = subject.startsWith('svc') ? ['service'] : subject.startsWith('none') ? [] : ['dpo'];
      const tenant = subject.startsWith('svc') ? undefined : 'ajuni';
      const revoked = subject === 'gone' ? new HeedError({ kind: 'unauthenticated', code: 'token_revoked', detail: 'no' }) : undefined;
      return {
        principal: { subject, tenant, roles },
        client: 'c', holderId: `holder-${subject === 'back' ? 'gone' : subject}`, applicationId: 'a', sessionId: 's', ownSession: true, issuedAt: 0, expiresAt: 1, refusal: revoked,
      };
    },
  };
}

let fastify: FastifyInstance;
afterEach(() => fastify.close());

async function serve(limits: AccessLimits): Promise<{ verifier: ReturnType<typeof verifierOf>; refused: RefusedCall[]; call: (path: string, token?: string, from?: string) => Promise<{ statusCode: number; headers: object; code: string }> }> {
  const verifier = verifierOf();
  const refused: RefusedCall[] = [];
  fastify = Fastify({ trustProxy: 'loopback' });
  fastify.setErrorHandler((error, _, reply) => sendProblem(reply, error, makeLogger('test', 'fatal')));
  watchRefusals(fastify, (call) => refused.push(call));
  guardAccess(fastify, verifier, limits);
  for (const path of ['/v1/holds', '/healthz', '/docs', '/internal/resolve']) fastify.route({ method: path.startsWith('/internal') ? 'POST' : 'GET', url: path, handler: async () => ({}) });
  await fastify.ready();
  const call = async (path: string, token?: string, from = '192.0.2.1'): Promise<{ statusCode: number; headers: object; code: string }> => {
    const headers = { 'x-forwarded-for': from, 'x-heed-tenant': 'ajuni', ...(token === undefined ? {} : { authorization: token }) };
    const answer = await fastify.inject({ method: path.startsWith('/internal') ? 'POST' : 'GET', url: path, headers });
    return { statusCode: answer.statusCode, headers: answer.headers, code: answer.json<{ code?: string }>().code ?? '' };
  };
  return { verifier, refused, call };
}

const address = { perSecond: 1, burst: 3 };

describe('calls without a valid token', () => {
  it('are limited by address, before the token is looked at, and told when to come again', async () => {
    const { call, verifier } = await serve({ address });
    for (const n of [1, 2, 3]) expect(await call('/v1/holds', `bad ${n}`)).toMatchObject({ statusCode: 401 });
    expect(await call('/v1/holds', 'bad 4')).toMatchObject({ statusCode: 429, code: 'address_rate_exceeded', headers: { 'retry-after': '1' } });
    expect(verifier.checked).toBe(3);
    expect(await call('/v1/holds', 'bad 5', '192.0.2.2')).toMatchObject({ statusCode: 401 });
  });

  it('are counted on public paths and on paths that there are none; probes are free', async () => {
    const { call } = await serve({ address });
    expect([(await call('/docs')).statusCode, (await call('/nothing')).statusCode, (await call('/docs')).statusCode]).toEqual([200, 404, 200]);
    expect((await call('/docs')).statusCode).toBe(429);
    for (let i = 0; i < 20; i += 1) expect((await call('/healthz')).statusCode).toBe(200);
  });

  it('shut out nobody from the same address who holds a token that was taken before', async () => {
    const { call } = await serve({ address });
    expect((await call('/v1/holds', 'good ada')).statusCode).toBe(200);
    for (const n of [1, 2, 3]) await call('/v1/holds', `bad ${n}`);
    expect((await call('/v1/holds', 'bad 4')).statusCode).toBe(429);
    for (let i = 0; i < 10; i += 1) expect((await call('/v1/holds', 'good ada')).statusCode).toBe(200);
  });

  it('with one token again and again exhaust that token, not the address', async () => {
    const { call, verifier } = await serve({ address });
    const answers: number[] = [];
    for (let i = 0; i < 30; i += 1) answers.push((await call('/v1/holds', 'expired')).statusCode);
    expect([answers.filter((status) => status === 401).length, answers.at(-1)]).toEqual([4, 429]);
    expect(verifier.checked).toBe(1);
    expect((await call('/v1/holds', 'good grace')).statusCode).toBe(200);
  });
});

describe('calls with a token', () => {
  it('are limited by subject, whatever address they come from', async () => {
    const { call } = await serve({ token: { perSecond: 1, burst: 2 } });
    expect([(await call('/v1/holds', 'good ada')).statusCode, (await call('/v1/holds', 'good ada', '192.0.2.9')).statusCode]).toEqual([200, 200]);
    expect(await call('/v1/holds', 'good ada', '192.0.2.9')).toMatchObject({ statusCode: 429, code: 'token_rate_exceeded' });
    expect((await call('/v1/holds', 'good grace')).statusCode).toBe(200);
  });

  it("are not limited where they are those of Heed's own services", async () => {
    const { call } = await serve({ token: { perSecond: 1, burst: 2 } });
    for (let i = 0; i < 10; i += 1) expect((await call('/internal/resolve', 'good svc.dsar')).statusCode).toBe(200);
  });

  it('are not limited at all where the operator turned the limits off', async () => {
    const { call } = await serve({});
    for (let i = 0; i < 200; i += 1) await call('/v1/holds', `bad ${i}`);
    expect((await call('/v1/holds', 'bad')).statusCode).toBe(401);
  });
});

describe('a refused call', () => {
  it('is told with its route and code, and with whose it was only where the token said so', async () => {
    const { call, refused } = await serve({});
    await call('/v1/holds', 'bad');
    await call('/v1/holds', 'good none');
    await call('/v1/holds', 'good gone');
    await call('/nothing/ada@example.com');
    await call('/v1/holds', 'good ada');
    expect(refused).toEqual([
      { route: 'GET /v1/holds', code: 'token_invalid', tenant: undefined, holderId: undefined },
      { route: 'GET /v1/holds', code: 'role_missing', tenant: 'ajuni', holderId: 'holder-none' },
      { route: 'GET /v1/holds', code: 'token_revoked', tenant: 'ajuni', holderId: 'holder-gone' },
      { route: 'unknown', code: 'http_404', tenant: undefined, holderId: undefined },
    ]);
  });

  it('with a revoked token is counted too, apart from those with the good token that its holder has now', async () => {
    const { call } = await serve({ token: { perSecond: 1, burst: 2 } });
    const codes = [await call('/v1/holds', 'good gone'), await call('/v1/holds', 'good gone'), await call('/v1/holds', 'good gone')].map(({ code }) => code);
    expect(codes).toEqual(['token_revoked', 'token_revoked', 'token_rate_exceeded']);
    expect((await call('/v1/holds', 'good back')).statusCode).toBe(200);
  });
});
