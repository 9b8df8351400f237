import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';
import { count, head } from './head.js';

/** Who was told of a change of the policy, in numbers, and whether as long before as was promised. */
export const noticeCertificate = z
  .strictObject({
    ...head('notice'),
    notice: z.strictObject({
      id: uuid,
      policyVersion: z.int().min(1),
      changes: z.array(z.string()),
      channels: z.array(z.string()),
      channelsNeeded: z.enum(['all', 'any']),
      audience: z.array(z.string()),
      announcedAt: instant,
      publishedAt: instant.nullable(),
      effectiveFrom: instant,
      endedAt: instant.nullable().describe('When the version came into effect.'),
    }),
    deliveries: z.strictObject({
      recipients: count,
      delivered: count,
      failed: count,
      first: instant.nullable(),
      last: instant.nullable(),
    }),
    promise: z.strictObject({
      id: z.string(),
      leadTime: z.string().nullable().describe('ISO 8601; null where no time was promised.'),
      countedFrom: z.enum(['delivery', 'publication']).nullable(),
      from: instant.nullable().describe('The last delivery, or the publication.'),
      earliest: instant.nullable().describe('Before this the change might not take effect.'),
      daysGiven: count.nullable(),
      outcome: z.enum(['kept', 'missed', 'running']).describe('`running` while somebody has still to be told and the version is not in effect.'),
    }),
  })
  .meta({ id: 'NoticeCertificateBody' });
export type NoticeCertificate = z.output<typeof noticeCertificate>;
