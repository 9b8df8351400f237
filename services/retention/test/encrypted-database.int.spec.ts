import { databaseTls, TlsFloor } from '@heed/config';
import type { DatabaseTlsEnvironment } from '@heed/config';
import { systemClock } from '@heed/kernel';
import { startPostgres } from '@heed/local';
import type { EmbeddedPostgres } from '@heed/local';
import { Database } from '@heed/persistence';
import { loadSamplePack } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { makeTestAuthority, testServers } from '@heed/testing';
import { chmod, chown, copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let dir: string;
let trusted: string;
let strange: string;
/** Speaks TLS 1.2 and nothing newer, as an old server does. */
let old: EmbeddedPostgres;
/** Speaks TLS 1.3 alone: `ssl_min_protocol_version`. */
let modern: EmbeddedPostgres;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-pg-tls-'));
  await chmod(dir, 0o755);
  const authority = await makeTestAuthority(join(dir, 'ca'));
  trusted = authority.caFile;
  strange = (await makeTestAuthority(join(dir, 'strange'))).caFile;
  const { certFile, keyFile } = await authority.issue({ name: 'postgres', hosts: ['localhost'] });
  const start = async (name: string, versions: string): Promise<EmbeddedPostgres> => {
    const data = join(dir, name);
    const plain = await startPostgres({ dir: data, port: 0, throwAway: true });
    await plain.stop();
    const { uid, gid } = await stat(data);
    for (const [from, to] of [[certFile, 'server.crt'], [keyFile, 'server.key']] as const) {
      await copyFile(from, join(data, to));
      await chown(join(data, to), uid, gid);
      await chmod(join(data, to), 0o600);
    }
    return startPostgres({ dir: data, port: 0, throwAway: true, settings: ['ssl=on', versions] });
  };
  [old, modern] = await Promise.all([start('old', 'ssl_max_protocol_version=TLSv1.2'), start('modern', 'ssl_min_protocol_version=TLSv1.3')]);
}, 120_000);
afterAll(async () => {
  await Promise.all([old?.stop(), modern?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

/** What a service's pool gets to hear when it connects: the version in use, or the refusal. */
async function connect(server: string, environment: Partial<DatabaseTlsEnvironment>, host = 'localhost', floor?: TlsFloor): Promise<string> {
  const url = new URL(server);
  url.hostname = host;
  const full = { HEED_DATABASE_TLS: 'verify-full', HEED_DATABASE_CA_FILE: trusted, HEED_TLS_MIN: '1.3', ...environment } as const;
  const database = new Database({ url: url.href, keysDir: dir, clock: systemClock, ssl: databaseTls(full, url.href, floor) });
  try {
    const [row] = await database.query<{ version: string | null }>('SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return row?.version ?? 'plain text';
  } catch (error) {
    return error instanceof Error ? `${'code' in error ? String(error.code) : ''} ${error.message}` : 'unknown';
  } finally {
    await database.close();
  }
}

const minimumOf = (tenant: SampleTenant): TlsFloor => {
  const floor = new TlsFloor('1.2');
  floor.follow(loadSamplePack(tenant).security.tlsMin.value);
  return floor;
};

describe('a service’s connection to PostgreSQL', () => {
  it('AJU-46: is not made to a server that speaks TLS 1.2 only, and is made with 1.3', async () => {
    expect(await connect(old.url, { HEED_TLS_MIN: '1.2' }, 'localhost', minimumOf('ajuni'))).toContain('alert protocol version');
    expect(await connect(modern.url, { HEED_TLS_MIN: '1.2' }, 'localhost', minimumOf('ajuni'))).toBe('TLSv1.3');
  });

  it('AUR-15: may be made with TLS 1.2', async () => {
    expect(await connect(old.url, { HEED_TLS_MIN: '1.2' }, 'localhost', minimumOf('aurigen'))).toBe('TLSv1.2');
  });

  it('AUX-08: is encrypted with the version that the policy asks for, and never made in plain text to a server without TLS', async () => {
    const floor = minimumOf('auronx');
    expect(floor.current).toBe('1.2');
    expect(await connect(old.url, { HEED_TLS_MIN: '1.2' }, 'localhost', floor)).toBe('TLSv1.2');
    expect(await connect(testServers().postgresUrl, { HEED_TLS_MIN: '1.2' }, '127.0.0.1', floor)).toContain('does not support SSL');
  });

  it('follows a policy that becomes active: the next connection is refused', async () => {
    const floor = minimumOf('aurigen');
    const ssl = databaseTls({ HEED_DATABASE_TLS: 'verify-full', HEED_DATABASE_CA_FILE: trusted, HEED_TLS_MIN: '1.2' }, old.url.replace('127.0.0.1', 'localhost'), floor);
    const database = new Database({ url: old.url.replace('127.0.0.1', 'localhost'), keysDir: dir, clock: systemClock, ssl });
    const held = await database.connect();
    floor.follow(loadSamplePack('ajuni').security.tlsMin.value);
    await expect(database.connect()).rejects.toThrow();
    held.release();
    await database.close();
  });

  it('is not made to a server of an unknown authority, whatever it is called', async () => {
    expect(await connect(modern.url, { HEED_DATABASE_CA_FILE: strange })).toMatch(/^UNABLE_TO_VERIFY|^SELF_SIGNED|^DEPTH_ZERO|^CERT_SIGNATURE_FAILURE/);
    expect(await connect(modern.url, { HEED_DATABASE_TLS: 'verify-ca', HEED_DATABASE_CA_FILE: strange })).toMatch(/^UNABLE_TO_VERIFY|^SELF_SIGNED|^DEPTH_ZERO|^CERT_SIGNATURE_FAILURE/);
  });

  it('is made to the name in the certificate only, also where the host is an address; verify-ca does not ask for the name', async () => {
    expect(await connect(modern.url, {}, '127.0.0.1')).toMatch(/^ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(await connect(modern.url, { HEED_DATABASE_TLS: 'verify-ca' }, '127.0.0.1')).toBe('TLSv1.3');
  });

  it('is refused before it is tried where the URL would undo the settings or the file is missing', () => {
    const settings = { HEED_DATABASE_TLS: 'verify-full', HEED_DATABASE_CA_FILE: trusted, HEED_TLS_MIN: '1.3' } as const;
    expect(() => databaseTls(settings, 'postgres://heed@db/heed?sslmode=disable')).toThrow(/sets sslmode/);
    expect(() => databaseTls({ ...settings, HEED_DATABASE_CA_FILE: '/nowhere/ca.crt' }, 'postgres://heed@db/heed')).toThrow(
      'Configuration refused: HEED_DATABASE_CA_FILE: /nowhere/ca.crt cannot be read (ENOENT)',
    );
  });
});
