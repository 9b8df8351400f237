import { loadSamplePack } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { eventProbe, eventually, makeTestAuthority, ServiceBed, TestStores, VirtualClock } from '@heed/testing';
import type { EventProbe, StartedService, TestAuthority } from '@heed/testing';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retentionMigrations, retentionService } from '../src/index.js';

const clock = new VirtualClock('2026-11-21T10:00:00Z');
const stores = new TestStores(clock, ['crm']);
const PATIENT = { timeoutMs: 30_000 };
let dir: string;
let authority: TestAuthority;
let certFile: string;
let keyFile: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-listener-'));
  authority = await makeTestAuthority(dir);
  ({ certFile, keyFile } = await authority.issue({ name: 'retention' }));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Listening {
  readonly bed: ServiceBed;
  readonly service: StartedService;
  readonly bus: EventProbe;
  /** Puts a tenant's own pack into force. */
  adopt(tenant: SampleTenant): Promise<void>;
}

/** A service whose operator allows TLS 1.2, for these tenants. */
async function listen(...tenants: readonly SampleTenant[]): Promise<Listening> {
  const bed = await ServiceBed.make({ clock, tenants: tenants.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })) });
  const service = await bed.start(retentionService, retentionMigrations, {
    HEED_CONSENT_URL: 'http://127.0.0.1:9', HEED_TLS_CERT_FILE: certFile, HEED_TLS_KEY_FILE: keyFile, HEED_TLS_MIN: '1.2',
  });
  const bus = await eventProbe(bed.topicPrefix, []);
  const adopt = async (tenant: SampleTenant): Promise<void> => {
    await bus.publish(stores.policy(tenant, loadSamplePack(tenant)));
    await eventually(async () => (await service.sql('SELECT 1 FROM heed.promised_tls WHERE tenant = $1', [tenant])).length === 1, PATIENT);
  };
  return { bed, service, bus, adopt };
}

async function stop({ bed, bus }: Listening): Promise<void> {
  await bus.stop();
  await bed.stop();
}

/** Shakes hands with the service: the version in use, or the alert with which it refuses. */
async function shake(service: StartedService, version: SecureVersion, more: ConnectionOptions = {}): Promise<string> {
  const { port } = service.service;
  const ca = await readFile(authority.caFile);
  return new Promise((resolve) => {
    // Level 0 lets this client offer what OpenSSL no longer offers by itself: the refusal is the server's.
    const socket = connect({ host: 'localhost', port, ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0', ...more });
    socket.once('secureConnect', () => {
      resolve(String(socket.getProtocol()));
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
}

const REFUSED = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';

/** The version before the one that a pack asks for, and that one, as node:tls names them. */
function around(tenant: SampleTenant): readonly [SecureVersion, SecureVersion] {
  return loadSamplePack(tenant).security.tlsMin.value === '1.3' ? ['TLSv1.2', 'TLSv1.3'] : ['TLSv1.1', 'TLSv1.2'];
}

describe('a service that listens with TLS', () => {
  it('AUR-15: takes TLS 1.2 where the policies in force ask for no more, and nothing older', async () => {
    const listening = await listen('aurigen');
    try {
      await listening.adopt('aurigen');
      const [older, asked] = around('aurigen');
      expect(asked).toBe('TLSv1.2');
      await eventually(async () => expect(await shake(listening.service, asked)).toBe('TLSv1.2'), PATIENT);
      expect(await shake(listening.service, older)).toBe(REFUSED);
    } finally {
      await stop(listening);
    }
  });

  it('AJU-46: refuses TLS 1.2 from the moment its policy is in force, without a restart; 1.3 goes on', async () => {
    const listening = await listen('aurigen', 'ajuni');
    try {
      await listening.adopt('aurigen');
      await eventually(async () => expect(await shake(listening.service, 'TLSv1.2')).toBe('TLSv1.2'), PATIENT);
      await listening.adopt('ajuni');
      const [older, asked] = around('ajuni');
      expect([older, asked]).toEqual(['TLSv1.2', 'TLSv1.3']);
      await eventually(async () => expect(await shake(listening.service, older)).toBe(REFUSED), PATIENT);
      expect(await shake(listening.service, asked)).toBe('TLSv1.3');
      // A tenant that has gone asks for nothing any more.
      await listening.service.sql(`UPDATE heed.tenant SET state = 'closed' WHERE id = 'ajuni'`);
      await eventually(async () => expect(await shake(listening.service, older)).toBe('TLSv1.2'), PATIENT);
    } finally {
      await stop(listening);
    }
  });

  it('takes a renewed certificate without a restart, keeps the old one while the new pair does not fit, and serves over it', async () => {
    const listening = await listen('ahurasense');
    const serial = (): Promise<string> => serialOf(listening.service.service.port);
    try {
      const before = await serial();
      const next = await authority.issue({ name: 'renewed' });
      await copyFile(next.certFile, certFile); // the key is still the old one
      process.emit('SIGHUP');
      expect(await serial()).toBe(before);
      await copyFile(next.keyFile, keyFile);
      process.emit('SIGHUP');
      expect(await serial()).not.toBe(before);
    } finally {
      await stop(listening);
    }
  });

  it('does not start where one of its TLS files is missing, unreadable or of another pair', async () => {
    const bed = await ServiceBed.make({ clock, tenants: [] });
    const start = (env: Record<string, string>) => bed.start(retentionService, retentionMigrations, { HEED_CONSENT_URL: 'http://127.0.0.1:9', ...env });
    const { keyFile: stranger } = await authority.issue({ name: 'stranger' });
    await expect(start({ HEED_TLS_CERT_FILE: certFile })).rejects.toThrow('Configuration refused: HEED_TLS_KEY_FILE: is missing, HEED_TLS_CERT_FILE is set');
    await expect(start({ HEED_TLS_CERT_FILE: '/nowhere.crt', HEED_TLS_KEY_FILE: keyFile })).rejects.toThrow('HEED_TLS_CERT_FILE: /nowhere.crt cannot be read (ENOENT)');
    await expect(start({ HEED_TLS_CERT_FILE: certFile, HEED_TLS_KEY_FILE: stranger })).rejects.toThrow('HEED_TLS_KEY_FILE: does not fit HEED_TLS_CERT_FILE');
    await bed.stop();
  });
});

async function serialOf(port: number): Promise<string> {
  const ca = await readFile(authority.caFile);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
