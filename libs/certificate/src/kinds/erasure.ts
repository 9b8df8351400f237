import { instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { count, head } from './head.js';
import { settledDispatch, totals } from './store-outcome.js';

const act = { at: instant.nullable(), by: z.string().nullable() };

/** What became of a person whose erasure was asked for. Refs only: whoever holds it learns no identifier. */
export const erasureCertificate = z
  .strictObject({
    ...head('erasure'),
    request: z.strictObject({
      id: uuid,
      type: z.string(),
      ref: subjectRef,
      aliases: z.array(subjectRef),
      jurisdiction: z.string().nullable(),
      channel: z.string(),
      receivedAt: instant,
    }),
    clocks: z.strictObject({
      acknowledgeBy: instant.nullable(),
      acknowledgedAt: instant.nullable(),
      due: instant,
      extensions: count,
      sources: z.strictObject({ acknowledgeBy: z.string().nullable(), due: z.string() }),
    }),
    policyVersion: z.int().min(1),
    verified: z.strictObject({ ...act, method: z.string().nullable() }),
    approved: z.strictObject(act),
    dispatches: z.array(z.strictObject(settledDispatch)),
    totals,
    identity: z
      .strictObject({
        outcome: z.enum(['erased', 'kept']).describe('`kept` where the person came back by a new act after they had asked.'),
        identifiers: count,
        keys: count,
        erasedAt: instant,
        ledger: z.strictObject({ origin: z.string(), entryId: uuid }).describe("The entry of consent's ledger that says so."),
      })
      .nullable()
      .describe('What Heed itself knew of the person: the identifiers by which they were found, and the keys that these were sealed with. Null until that is gone too.'),
  })
  .meta({ id: 'ErasureCertificateBody' });
export type ErasureCertificate = z.output<typeof erasureCertificate>;
