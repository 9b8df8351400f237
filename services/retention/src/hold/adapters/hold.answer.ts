import { dataStoreId, dispatchId, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const forOfficers = 'Only `analyst` and `dpo` read it; null a year after the release where the person was erased.';

export const holdPlacedAnswer = z.strictObject({ id: uuid, ref: subjectRef, dispatchId }).meta({ id: 'HoldPlaced' });

export const holdAnswer = z
  .strictObject({
    id: uuid,
    state: z.enum(['standing', 'released']),
    ref: subjectRef,
    categories: z.union([z.literal('all'), z.array(z.string())]),
    matter: z.string().nullable().optional().describe(forOfficers),
    reason: z.string().nullable().optional().describe(forOfficers),
    releaseNote: z.string().nullable().optional().describe(forOfficers),
    placedAt: instant,
    placedBy: z.string(),
    dispatchId,
    releasedAt: instant.nullable(),
    releasedBy: z.string().nullable(),
    releaseDispatchId: dispatchId.nullable(),
    stores: z.array(z.strictObject({ dataStore: dataStoreId, state: z.string() })),
    alreadyErased: z.array(dataStoreId).describe('Stores that had erased the person before the hold came.'),
  })
  .meta({ id: 'Hold' });
