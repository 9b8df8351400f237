import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { keycloakHome } from './distribution.js';
import { cacheDirectory, checkout, hostEnvironment } from './keycloak.config.js';
import { realmOf } from './realm.js';
import type { RealmClient } from './realm.js';
import { startKeycloak } from './start-keycloak.js';

/** `npm run test:keycloak`: the identity specs, with Keycloak in the place of the local issuer. */
const SPECS = 'services/retention/test/identity.int.spec.ts';
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const secret = (): string => randomBytes(24).toString('base64url');

const people = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor', 'agent'];
const clients: readonly RealmClient[] = [
  ...people.map((role) => ({ id: `${role}.ajuni`, secret: secret(), role, tenant: 'ajuni' })),
  { id: 'dpo.askasia', secret: secret(), role: 'dpo', tenant: 'askasia', lifespanSeconds: 600 },
  { id: 'svc.retention', secret: secret(), role: 'service' },
];
const callerOf = ({ role, tenant }: RealmClient): string => (tenant === 'askasia' ? `${role} of askasia` : role);

const [publicPort, port] = [await freePort(), await freePort()];
const password = secret();
const begin = performance.now();
const stop = await startKeycloak({
  home: await keycloakHome(print),
  realm: realmOf(clients),
  port,
  publicUrl: `http://127.0.0.1:${publicPort}`,
  password,
  logFile: path.join(cacheDirectory(), 'keycloak.log'),
});
print(`Keycloak is ready after ${((performance.now() - begin) / 1000).toFixed(0)} s`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().then(() => process.exit(130)));
try {
  process.exitCode = await runSpecs({
    HEED_TEST_ISSUER: `http://127.0.0.1:${publicPort}/realms/heed`,
    HEED_TEST_ISSUER_UPSTREAM: `http://127.0.0.1:${port}`,
    HEED_TEST_CLIENTS: JSON.stringify(Object.fromEntries(clients.map((client) => [callerOf(client), { id: client.id, secret: client.secret }]))),
    HEED_TEST_ROTATE: path.join(import.meta.dirname, 'rotate-keys.js'),
    HEED_TEST_KEYCLOAK_PASSWORD: password,
  });
} finally {
  await stop();
}

function runSpecs(env: Readonly<Record<string, string>>): Promise<number> {
  const vitest = path.join(checkout, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'int', SPECS], { cwd: checkout, env: { ...hostEnvironment(), ...env }, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return free;
}
