import tls from 'node:tls';
import { ConfigError } from '../config-error.js';
import { certificatesOf, readPem } from './read-pem.js';
import { secureVersion } from './tls-version.js';
import type { TlsVersion } from './tls-version.js';

/**
 * Settings of the whole process for what it opens without options of its own: calls to the issuer, to other services, to
 * processors. For a `main.ts`, before anything connects.
 * @throws ConfigError where the file is missing or holds no certificate
 */
export function trustAuthorities(environment: { readonly HEED_TLS_MIN: TlsVersion; readonly HEED_CA_FILE?: string | undefined }): void {
  // node:tls reads both at every connection; the version can only be set on its exports.
  Object.assign(tls, { DEFAULT_MIN_VERSION: secureVersion(environment.HEED_TLS_MIN) });
  if (environment.HEED_CA_FILE === undefined) return;
  const own = certificatesOf(readPem('HEED_CA_FILE', environment.HEED_CA_FILE));
  if (own.length === 0) throw new ConfigError(`Configuration refused: HEED_CA_FILE: ${environment.HEED_CA_FILE} holds no certificate`);
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...own]);
}
