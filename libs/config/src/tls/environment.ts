import { z } from 'zod';
import { tlsVersion } from './tls-version.js';

/** What every process that opens connections reads. */
export const clientTlsEnvironment = {
  /** Oldest version spoken; raised by the policies, never lowered by them. */
  HEED_TLS_MIN: tlsVersion.default('1.3'),
  /** Authorities to trust beyond the well-known ones, for every outgoing connection. */
  HEED_CA_FILE: z.string().optional(),
};

/** What every process with a database of its own reads. */
export const databaseTlsEnvironment = {
  ...clientTlsEnvironment,
  /** `verify-ca` proves who signed the server's certificate, `verify-full` also that it is for this host. */
  HEED_DATABASE_TLS: z.enum(['off', 'verify-ca', 'verify-full']).default('off'),
  HEED_DATABASE_CA_FILE: z.string().optional(),
};
export type DatabaseTlsEnvironment = z.output<z.ZodObject<typeof databaseTlsEnvironment>>;

/** What every process that listens reads: both files, or neither. */
export const listenerTlsEnvironment = {
  HEED_TLS_CERT_FILE: z.string().optional(),
  HEED_TLS_KEY_FILE: z.string().optional(),
};
export type ListenerTlsEnvironment = z.output<z.ZodObject<typeof listenerTlsEnvironment>>;
