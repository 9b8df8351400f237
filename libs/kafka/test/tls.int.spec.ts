import { createKafka, KafkaUsers } from '@heed/kafka';
import type { KafkaSettings } from '@heed/kafka';
import { makeTestAuthority, startKafka } from '@heed/testing';
import type { EmbeddedKafka } from '@heed/testing';
import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Version = '1.2' | '1.3';

let dir: string;
let ca: string;
let strangerCa: string;
const brokers = new Map<Version, EmbeddedKafka>();

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-kafka-tls-'));
  const [authority, stranger] = [await makeTestAuthority(path.join(dir, 'ca')), await makeTestAuthority(path.join(dir, 'stranger'))];
  const { keyFile, certFile } = await authority.issue({ name: 'kafka', hosts: ['127.0.0.1'] });
  const keyStore = path.join(dir, 'kafka.pem');
  await copyFile(keyFile, keyStore);
  await appendFile(keyStore, await readFile(certFile));
  [ca, strangerCa] = [await readFile(authority.caFile, 'utf8'), await readFile(stranger.caFile, 'utf8')];
  for (const version of ['1.3', '1.2'] as const) {
    const login = { admin: 'heed-admin', adminPassword: 'secret', controllerPassword: 'another' };
    const tls = { keyStore, caFile: authority.caFile, versions: [version] };
    brokers.set(version, await startKafka({ dir: path.join(dir, version), port: 0, controllerPort: 0, security: { login, tls } }));
  }
});
afterAll(async () => {
  await Promise.all([...brokers.values()].map((broker) => broker.stop()));
  await rm(dir, { recursive: true, force: true });
});

const portOf = (broker: Version): number => brokers.get(broker)?.port ?? 0;

const at = (broker: Version, tls: KafkaSettings['tls']): KafkaSettings => ({
  brokers: [`127.0.0.1:${portOf(broker)}`],
  clientId: 'test',
  sasl: { mechanism: 'scram-sha-512', username: 'heed-admin', password: 'secret' },
  ...(tls ? { tls } : {}),
});

/** Both clients, for jobs use a second one for users. Resolves to what the first was told, or fails. */
async function talk(settings: KafkaSettings): Promise<number> {
  const admin = createKafka({ ...settings, retries: 0 }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.disconnect();
  }
}
const talkOfUsers = (settings: KafkaSettings) => KafkaUsers.with(settings, (users) => users.existing(['heed-admin']));

describe('Kafka over TLS', () => {
  it('is spoken at 1.3 by a client that wants 1.3, who logs in over it', async () => {
    expect(await talk(at('1.3', { minVersion: '1.3', ca }))).toBe(1);
    expect([...(await talkOfUsers(at('1.3', { minVersion: '1.3', ca })))]).toEqual(['heed-admin']);
  });

  it('a handshake at 1.2 is refused by a broker of 1.3, whatever the client would allow', async () => {
    const shake = async (broker: Version): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: portOf(broker), ca, maxVersion: 'TLSv1.2' });
      const outcome = await new Promise<string>((resolve) => {
        socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
      socket.destroy();
      return outcome;
    };
    expect([await shake('1.3'), await shake('1.2')]).toEqual(['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'TLSv1.2']);
  });

  it('a broker of 1.2 is spoken to where 1.2 is allowed, and refused by a client whose minimum is 1.3', async () => {
    expect(await talk(at('1.2', { minVersion: '1.2', ca }))).toBe(1);
    await expect(talk(at('1.2', { minVersion: '1.3', ca }))).rejects.toThrow(/protocol version/i);
    await expect(talkOfUsers(at('1.2', { minVersion: '1.3', ca }))).rejects.toThrow('no TLS connection');
  });

  it('an authority that is not trusted, or a name that is not in the certificate, ends it', async () => {
    await expect(talk(at('1.3', { minVersion: '1.3', ca: strangerCa }))).rejects.toThrow(/certificate/);
    await expect(talk(at('1.3', { minVersion: '1.3' }))).rejects.toThrow(/certificate/);
    const elsewhere = { ...at('1.3', { minVersion: '1.3', ca }), brokers: [`localhost:${portOf('1.3')}`] };
    await expect(talk(elsewhere)).rejects.toThrow(/altnames/);
    await expect(talkOfUsers(elsewhere)).rejects.toThrow(/altnames/);
  });

  it('is not spoken in the clear, and the reason names the setting', async () => {
    const told: string[] = [];
    const admin = createKafka({ ...at('1.3', undefined), retries: 0, onTrouble: (reason) => told.push(reason) }).admin();
    await expect(admin.connect()).rejects.toThrow();
    await admin.disconnect();
    expect(told).toContain('the brokers hang up: do they want TLS (KAFKA_SSL)?');
  });
});
