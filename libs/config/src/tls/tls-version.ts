import type { SecureVersion } from 'node:tls';
import { z } from 'zod';

/** The versions of TLS that are still worth having, oldest first. */
export const tlsVersion = z.enum(['1.2', '1.3']);
export type TlsVersion = z.output<typeof tlsVersion>;

/** @example strictest('1.2', '1.3') // '1.3' */
export function strictest(...versions: readonly TlsVersion[]): TlsVersion {
  return versions.includes('1.3') ? '1.3' : '1.2';
}

/** The name by which node:tls knows a version. */
export const secureVersion = (version: TlsVersion): SecureVersion => `TLSv${version}`;
