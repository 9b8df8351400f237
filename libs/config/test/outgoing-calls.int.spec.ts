import { makeTestAuthority } from '@heed/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustAuthorities } from '../src/index.js';

let dir: string;
let caFile: string;
const servers: Server[] = [];

/** An HTTPS server whose certificate is for `localhost` alone. */
async function serve(versions: { minVersion?: SecureVersion; maxVersion?: SecureVersion }): Promise<number> {
  const certificate = { cert: await readFile(join(dir, 'api.crt')), key: await readFile(join(dir, 'api.key')) };
  const server = createServer({ ...certificate, ...versions }, (_, response) => void response.end('served'));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

const call = async (url: string): Promise<string> => {
  const answer = await fetch(url).catch((error: unknown) => error as Error & { cause?: { code?: string } });
  return answer instanceof Response ? answer.text() : String(answer.cause?.code);
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-tls-'));
  const authority = await makeTestAuthority(dir);
  caFile = authority.caFile;
  await authority.issue({ name: 'api', hosts: ['localhost'] });
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(dir, { recursive: true, force: true });
});

describe('calls that a process makes', () => {
  it('go to nobody whose authority is unknown, and to HEED_CA_FILE’s servers under their own names only', async () => {
    const port = await serve({});
    trustAuthorities({ HEED_TLS_MIN: '1.3' });
    expect(await call(`https://localhost:${port}`)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    trustAuthorities({ HEED_TLS_MIN: '1.3', HEED_CA_FILE: caFile });
    expect(await call(`https://localhost:${port}`)).toBe('served');
    expect(await call(`https://127.0.0.1:${port}`)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('refuse an older TLS version than HEED_TLS_MIN', async () => {
    const old = await serve({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    trustAuthorities({ HEED_TLS_MIN: '1.3', HEED_CA_FILE: caFile });
    expect(await call(`https://localhost:${old}`)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    trustAuthorities({ HEED_TLS_MIN: '1.2', HEED_CA_FILE: caFile });
    expect(await call(`https://localhost:${old}`)).toBe('served');
  });

  it('are not made at all where the file of authorities is missing or holds none', () => {
    expect(() => trustAuthorities({ HEED_TLS_MIN: '1.3', HEED_CA_FILE: join(dir, 'gone.crt') })).toThrow(/^Configuration refused: HEED_CA_FILE: .*ENOENT/);
    expect(() => trustAuthorities({ HEED_TLS_MIN: '1.3', HEED_CA_FILE: join(dir, 'api.key') })).toThrow(/holds no certificate/);
  });
});
