import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Clock } from '@heed/kernel';

/** Who a test's token speaks for. */
export interface TestPrincipal {
  readonly tenant?: string;
  readonly roles: readonly string[];
  /** Default `test`. */
  readonly sub?: string;
  /** The program that the token is given to; default the subject. */
  readonly client?: string;
  /** The sign-in that it belongs to. */
  readonly sid?: string;
  /** Default ten minutes. */
  readonly lifetimeSeconds?: number;
}

export interface TestIssuer {
  readonly url: string;
  /** A signed access token for the audience `heed`, ten minutes long by the given clock. */
  token(principal: TestPrincipal): Promise<string>;
  stop(): Promise<void>;
}

const LIFETIME_SECONDS = 600;

/**
 * An OIDC issuer in the test's own process: discovery, keys, and a token endpoint whose tokens have the role `service`.
 *
 * @example const issuer = await testIssuer(clock); const token = await issuer.token({ tenant: 'ajuni', roles: ['dpo'] });
 */
export async function testIssuer(clock: Clock): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  let url = '';
  const token = async ({ tenant, roles, sub, client, sid, lifetimeSeconds = LIFETIME_SECONDS }: TestPrincipal): Promise<string> => {
    const now = Math.floor(clock.now().getTime() / 1000);
    return new SignJWT({ roles: [...roles], ...(tenant ? { tenant } : {}), ...(client ? { client_id: client } : {}), ...(sid ? { sid } : {}) })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'test', typ: 'at+jwt' })
      .setIssuer(url)
      .setAudience('heed')
      .setSubject(sub ?? 'test')
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSeconds)
      .sign(privateKey);
  };
  const answers: Record<string, () => Promise<unknown>> = {
    '/.well-known/openid-configuration': async () => ({ issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` }),
    '/jwks': async () => ({ keys: [key] }),
    '/token': async () => ({ access_token: await token({ roles: ['service'], sub: 'heed' }), token_type: 'Bearer', expires_in: LIFETIME_SECONDS }),
  };
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[request.url ?? ''];
    if (!answer) return void response.writeHead(404).end();
    answer().then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
