import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { makeTestAuthority } from './test-certificates.js';

it('issues certificates that a client trusts who knows the authority, for the named hosts alone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heed-ca-'));
  const authority = await makeTestAuthority(dir);
  const { keyFile, certFile } = await authority.issue({ name: 'here' });
  const server = createServer({ key: await readFile(keyFile), cert: await readFile(certFile) }, (socket) => socket.end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shake = async (servername: string, ca?: Buffer): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', servername, ...(ca ? { ca } : {}) });
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => 'trusted'),
      new Promise<string>((resolve) => socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))),
    ]);
    socket.destroy();
    return outcome;
  };
  const ca = await readFile(authority.caFile);
  expect(await shake('localhost', ca)).toBe('trusted');
  expect(await shake('localhost')).not.toBe('trusted');
  expect(await shake('elsewhere.example', ca)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  server.close();
  await rm(dir, { recursive: true, force: true });
});
