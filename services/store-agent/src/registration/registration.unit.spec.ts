import { makeLogger } from '@heed/observability';
import { eventually, VirtualClock } from '@heed/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseAgentFile } from '../config/agent.config.js';
import type { AgentEnvironment } from '../config/agent.config.js';
import { AgentKeyRing } from '../keys/agent-key-ring.js';
import { Registration } from './registration.js';

const file = parseAgentFile(
  `
tenant: acme
stores:
  - id: crm
    kind: postgres
    title: Customers
    maxBackupAge: P35D
    connection: { url: "postgres://crm@127.0.0.1/crm" }
    map:
      tables: [{ table: people, key: id, identifiers: { email: email }, fields: [{ column: email, category: contact }], onErasure: erase }]
      purposes: {}
`,
  {},
);

/** What the registry is offered, and the signing keys that it holds for revoked. */
const [offered, revoked] = [[] as string[], new Set<string>()];
let active = 0;
let server: Server;
let dir: string;
let registration: Registration;
let ring: AgentKeyRing;
const clock = new VirtualClock('2026-11-21T10:00:00Z');

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-agent-'));
  let url = '';
  // Issuer and registry at once.
  server = createServer((request, response) => {
    const answer = async (): Promise<readonly [number, unknown]> => {
      if (request.method === 'GET') return [200, { token_endpoint: `${url}/token` }];
      if (request.url === '/token') return [200, { access_token: 'token' }];
      const { stores } = (await json(request)) as { stores: { agent: { signingKey: { kid: string } } }[] };
      const kid = stores[0]!.agent.signingKey.kid;
      offered.push(kid);
      return revoked.has(kid) ? [409, { code: 'agent_key_revoked' }] : [202, { mapVersion: 2, activeMapVersion: active }];
    };
    void answer().then(([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ring = await AgentKeyRing.open(dir, clock);
  const env = { HEED_ORIGIN: url, HEED_ISSUER: url, HEED_CLIENT_ID: 'agent', HEED_CLIENT_SECRET: 'test' } as AgentEnvironment;
  registration = new Registration({ env, file }, ring, makeLogger('test', 'silent'));
});
afterEach(async () => {
  await registration.stop();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await rm(dir, { recursive: true, force: true });
});

it('keys that are revoked before they came into use give way to others, which then do; what was sealed to them can be opened', async () => {
  const first = ring.signing.kid;
  await registration.changeKeys();
  const second = ring.offered;
  await eventually(() => expect(offered).toContain(second.signing.kid)); // accepted, not active everywhere
  revoked.add(second.signing.kid);
  await eventually(() => expect(ring.offered.signing.kid).not.toBe(second.signing.kid));
  const third = ring.offered;
  expect(ring.signing.kid).toBe(first);
  expect(ring.decrypting.map(({ kid }) => kid)).toEqual(expect.arrayContaining([second.encryption.kid, third.encryption.kid]));
  active = 2;
  await eventually(() => expect(ring.signing.kid).toBe(third.signing.kid), { timeoutMs: 10_000 });
  expect(ring.changing).toBe(false);
  const again = await AgentKeyRing.open(dir, clock);
  expect(again.signing.kid).toBe(third.signing.kid);
  expect(again.decrypting.map(({ kid }) => kid)).toContain(second.encryption.kid);
});

it('keys in use that are revoked wait for the operator: nobody changes them by telling the registry so', async () => {
  revoked.add(ring.signing.kid);
  const before = ring.signing.kid;
  registration.start();
  await eventually(() => expect(offered.filter((kid) => kid === before).length).toBeGreaterThan(1), { timeoutMs: 10_000 });
  expect(ring.signing.kid).toBe(before);
  expect(ring.changing).toBe(false);
});
