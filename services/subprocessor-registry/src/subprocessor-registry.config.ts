import { serviceEnvironment } from '@heed/config';
import { z } from 'zod';

/** What this service needs to know beyond what every service does. */
export const registryEnvironment = serviceEnvironment.extend({
  /** How often it looks for policy versions whose date has come, in milliseconds. */
  HEED_ACTIVATION_EVERY_MS: z.coerce.number().int().min(20).max(60_000).default(1000),
  /** Folder of PEM certificates: makers of security keys whose attestation is trusted. Without it no key counts as hardware. */
  HEED_FIDO_ROOTS: z.string().optional(),
});
export type RegistryEnvironment = z.output<typeof registryEnvironment>;
