import { serviceEnvironment } from '@heed/config';
import { z } from 'zod';

/** The only reader of the environment in this service. */
export const consentEnvironment = serviceEnvironment.extend({
  /** Most calls that share one transaction. */
  CONSENT_BATCH: z.coerce.number().int().min(1).max(500).default(64),
});
export type ConsentEnvironment = z.output<typeof consentEnvironment>;
