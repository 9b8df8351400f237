import { checkServerIdentity } from 'node:tls';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { ConfigError } from '../config-error.js';
import type { DatabaseTlsEnvironment } from './environment.js';
import { readPem } from './read-pem.js';
import { TlsFloor } from './tls-floor.js';

/** How far a PostgreSQL server has to prove itself. */
export interface PostgresTls {
  readonly mode: DatabaseTlsEnvironment['HEED_DATABASE_TLS'];
  /** PEM; without it the well-known authorities count. */
  readonly ca?: string | undefined;
}

/**
 * The `ssl` option of node-postgres. The version is read at every connection, so that a floor that rises counts for the
 * next one. A server without TLS is refused by the driver: there is no way back to plain text.
 */
export function postgresTls(tls: PostgresTls, url: string, floor: TlsFloor): ConnectionOptions | undefined {
  const { hostname, searchParams } = new URL(url);
  // In the address it would quietly take the place of these options.
  const named = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'].find((name) => searchParams.has(name));
  if (tls.mode === 'off') return undefined;
  if (named) throw new ConfigError(`Configuration refused: the database's URL sets ${named}; say it with the TLS settings only`);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    rejectUnauthorized: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    // Not left to the driver: it hands no name to node:tls where the host is an address, which then looks for "localhost".
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    get minVersion() {
      return floor.minVersion;
    },
  };
}

/** As `postgresTls`, from the environment of a service or its migration job. */
export function databaseTls(environment: DatabaseTlsEnvironment, url: string, floor = new TlsFloor(environment.HEED_TLS_MIN)): ConnectionOptions | undefined {
  const file = environment.HEED_DATABASE_CA_FILE;
  return postgresTls(
    { mode: environment.HEED_DATABASE_TLS, ca: file === undefined ? undefined : readPem('HEED_DATABASE_CA_FILE', file) },
    url,
    floor,
  );
}
