import { serviceEnvironment } from '@heed/config';
import { z } from 'zod';

/** The only reader of the environment in this service. */
export const retentionEnvironment = serviceEnvironment.extend({
  /** Consent's own address, for calls between services. */
  HEED_CONSENT_URL: z.url(),
});
export type RetentionEnvironment = z.output<typeof retentionEnvironment>;
