import { instant, purposeId, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { count, head } from './head.js';
import { settledDispatch, totals } from './store-outcome.js';

/** Where a withdrawal was carried to, and what every store answered. */
export const withdrawalCertificate = z
  .strictObject({
    ...head('withdrawal'),
    withdrawal: z.strictObject({
      id: uuid,
      ref: subjectRef,
      method: z.string().describe('By which way it reached us.'),
      actor: z.string(),
      occurredAt: instant.describe('When the person did it, as it was told to us.'),
      recordedAt: instant.describe('From here on no check allowed it any more.'),
      records: z.array(z.strictObject({ id: uuid, ref: subjectRef, purpose: purposeId })),
    }),
    dispatches: z.array(
      z.strictObject({
        ...settledDispatch,
        ref: subjectRef.describe('Several people where the identifiers led to several: a no counts for each.'),
        version: count,
        purposes: z.array(purposeId),
        notAsked: z.array(z.strictObject({ dataStore: z.string(), reason: z.string() })).describe('Stores that it does not concern, and why.'),
      }),
    ),
    totals,
  })
  .meta({ id: 'WithdrawalCertificateBody' });
export type WithdrawalCertificate = z.output<typeof withdrawalCertificate>;
