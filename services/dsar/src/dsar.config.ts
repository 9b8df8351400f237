import { serviceEnvironment } from '@heed/config';
import { z } from 'zod';

/** The only reader of the environment in this service. */
export const dsarEnvironment = serviceEnvironment.extend({
  /** Consent's own address, for calls between services. */
  HEED_CONSENT_URL: z.url(),
  /** How long opening a case waits for consent before it goes on without, in milliseconds. */
  DSAR_RESOLVE_TIMEOUT_MS: z.coerce.number().int().min(100).max(10_000).default(5000),
  /** A file with the mailboxes of privacy addresses, by tenant; without it no mail is read. */
  DSAR_MAILBOXES: z.string().min(1).optional(),
  /** How often a mailbox is looked into, in milliseconds. */
  DSAR_MAILBOX_EVERY_MS: z.coerce.number().int().min(100).max(3_600_000).default(15_000),
});
export type DsarEnvironment = z.output<typeof dsarEnvironment>;
