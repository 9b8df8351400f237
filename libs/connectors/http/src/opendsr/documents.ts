import { z } from 'zod';

/** The parts of OpenDSR 2.0 that are read; processors may say more. */
export const discovery = z.object({
  api_version: z.string(),
  supported_identities: z.array(z.object({ identity_type: z.string(), identity_format: z.string() })),
  supported_subject_request_types: z.array(z.string()),
  processor_certificate: z.url(),
});
export type Discovery = z.output<typeof discovery>;

export const created = z.object({ subject_request_id: z.string() });

export const status = z.object({
  subject_request_id: z.string(),
  request_status: z.enum(['pending', 'in_progress', 'completed', 'cancelled']),
  results_count: z.int().min(0).nullish(),
});
export type RequestStatus = z.output<typeof status>;

/** OpenDSR's names of our identifier types, where they differ. */
const IDENTITY_TYPE: Readonly<Record<string, string>> = { user_id: 'controller_customer_id', cookie_id: 'controller_customer_id' };
export const identityType = (type: string): string => IDENTITY_TYPE[type] ?? type;
