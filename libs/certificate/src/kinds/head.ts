import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

export const count = z.int().min(0);

/** What every certificate begins with. */
export function head<K extends string>(kind: K) {
  return {
    schema: z.literal(`heed.dev/certificate/${kind}/v1` as const),
    id: uuid,
    tenant: z.strictObject({ id: z.string(), name: z.string(), controller: z.string() }),
    issuedAt: instant,
    supersedes: uuid.nullable().describe('The certificate whose place this one takes.'),
  };
}
