import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localIssuer, writeIssuerClients } from '@heed/local';
import { eventually } from '@heed/testing';
import type { IssuerUnderTest, TestClient } from './issuer-under-test.js';

const secret = 'a-secret-of-enough-length';

/** The issuer of the embedded start as a process of its own, known by its environment alone. */
export async function startLocalIssuer(): Promise<IssuerUnderTest> {
  const [publicPort, port] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${publicPort}`;
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-issuer-'));
  const clients = path.join(dir, 'clients.json');
  const tenants = [{ id: 'ajuni', tokenSeconds: 900 }, { id: 'askasia', tokenSeconds: 600 }];
  await writeIssuerClients(clients, tenants, new Proxy({}, { get: () => secret }));
  const env = { ...process.env, HEED_ISSUER: url, HEED_ISSUER_PORT: String(port), HEED_KEYS_DIR: dir, HEED_ISSUER_CLIENTS: clients };
  let running: ChildProcess;
  const start = async (): Promise<void> => {
    running = spawn(process.execPath, [localIssuer], { env, stdio: 'ignore' });
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, { timeoutMs: 30_000 });
  };
  const stop = async (): Promise<void> => {
    if (running.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    running.kill('SIGTERM');
    await gone;
  };
  await start();
  const person = (scope: string, tenant = 'ajuni'): TestClient => ({ id: `cli.${tenant}`, secret, scope });
  return {
    url,
    upstream: `http://127.0.0.1:${port}`,
    clients: {
      platform: person('platform'), analyst: person('analyst'), dpo: person('dpo'), 'tenant-admin': person('tenant-admin'),
      operator: person('operator'), auditor: person('auditor'), 'dpo of askasia': person('dpo', 'askasia'),
      agent: { id: 'agent.ajuni', secret }, service: { id: 'svc.consent', secret },
    },
    rotate: async () => {
      await stop();
      await rm(path.join(dir, 'issuer.json'));
      await start();
    },
    stop: async () => {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
