import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientCredentials, TokenVerifier } from '@heed/auth';
import { systemClock } from '@heed/kernel';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../process/ports.js';
import { clientsOf } from './clients.js';
import { makeIssuer } from './issuer.js';
import { hashedClients } from './hashed-clients.js';
import { issuerKeys } from './signing-key.js';

const secret = 'a-secret-of-enough-length';
const secrets = { 'cli.ajuni': secret, 'agent.ajuni': secret, 'svc.consent': secret };
let dir: string;
let server: Server;
let issuer: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-issuer-'));
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  server = makeIssuer({
    url: issuer,
    audience: 'heed',
    clients: await hashedClients(clientsOf([{ id: 'ajuni', tokenSeconds: 600 }], ['consent']), secrets, []),
    keys: await issuerKeys(dir),
  }).listen(port, '127.0.0.1');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const credentials = (clientId: string, scope?: string) =>
  new ClientCredentials({ issuer, clientId, clientSecret: secret, audience: 'heed', ...(scope === undefined ? {} : { scope }) });

describe('the local issuer', () => {
  it('gives tokens that any JWKS client verifies, for as long as the tenant’s policy allows', async () => {
    const token = await credentials('cli.ajuni', 'dpo platform').get();
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer, audience: 'heed' });
    expect(payload).toMatchObject({ sub: 'cli.ajuni', tenant: 'ajuni', roles: ['platform', 'dpo'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
  });

  it('gives tokens that the services accept', async () => {
    const verifier = new TokenVerifier({ issuer, audience: 'heed', clock: systemClock });
    const agent = await verifier.verify(`Bearer ${await credentials('agent.ajuni').get()}`);
    expect(agent).toEqual({ subject: 'agent.ajuni', tenant: 'ajuni', roles: ['agent'] });
    const service = await verifier.verify(`Bearer ${await credentials('svc.consent').get()}`);
    expect(service).toEqual({ subject: 'svc.consent', tenant: undefined, roles: ['service'] });
  });

  it('gives tokens that are called expired when they are, and invalid when they are for others', async () => {
    const authorization = `Bearer ${await credentials('cli.ajuni', 'dpo').get()}`;
    const later = { now: () => new Date(Date.now() + 16 * 60_000) };
    await expect(new TokenVerifier({ issuer, audience: 'heed', clock: later }).verify(authorization)).rejects.toMatchObject({ code: 'token_expired' });
    await expect(new TokenVerifier({ issuer, audience: 'other', clock: later }).verify(authorization)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('refuses a role that the client may not have, and a wrong secret', async () => {
    await expect(credentials('cli.ajuni', 'service').get()).rejects.toThrow();
    const wrong = new ClientCredentials({ issuer, clientId: 'cli.ajuni', clientSecret: 'guess', audience: 'heed' });
    await expect(wrong.get()).rejects.toThrow();
  });

  it('keeps its key, so that tokens outlive a restart', async () => {
    const token = await credentials('svc.consent').get();
    expect(decodeJwt(token).iss).toBe(issuer);
    expect((await issuerKeys(dir)).signing.kid).toBe((await issuerKeys(dir)).signing.kid);
  });
});
