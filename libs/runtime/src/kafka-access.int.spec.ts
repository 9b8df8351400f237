import { TlsFloor } from '@heed/config';
import { createKafka } from '@heed/kafka';
import { makeTestAuthority } from '@heed/testing';
import { loadSamplePack } from '@heed/policy';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notBelow } from './kafka-access.js';

let dir: string;
let caFile: string;
let broker: Server;
/** What became of each handshake: the version, or the code of its refusal. */
const shaken: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-kafka-tls-'));
  const authority = await makeTestAuthority(dir);
  caFile = authority.caFile;
  const { certFile, keyFile } = await authority.issue({ name: 'kafka' });
  // As far as a handshake goes, a broker that speaks TLS 1.2 only.
  broker = createServer({ cert: await readFile(certFile), key: await readFile(keyFile), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, (socket) => {
    shaken.push(String(socket.getProtocol()));
    socket.on('error', () => undefined).destroy();
  });
  broker.on('tlsClientError', (error: NodeJS.ErrnoException) => shaken.push(String(error.code)));
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  broker.close();
  await rm(dir, { recursive: true, force: true });
});

it('AJU-46: a service that may speak TLS 1.2 with Kafka stops doing so when Ajuni’s policy is in force', async () => {
  const { port } = broker.address() as AddressInfo;
  const floor = new TlsFloor('1.2');
  const tls = notBelow(floor, { minVersion: '1.2', ca: await readFile(caFile, 'utf8') });
  const admin = createKafka({ brokers: [`localhost:${port}`], clientId: 'test', tls, retries: 0 }).admin();
  await expect(admin.connect()).rejects.toThrow();
  expect(shaken.at(-1)).toBe('TLSv1.2');
  const before = shaken.length;
  floor.follow(loadSamplePack('ajuni').security.tlsMin.value);
  await expect(admin.connect()).rejects.toThrow();
  expect(shaken.slice(before)).toEqual(['ERR_SSL_UNSUPPORTED_PROTOCOL']);
});
