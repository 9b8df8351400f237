import { dataStore } from '@heed/contracts-subprocessor-registry';
import { dataStoreId, instant } from '@heed/kernel';
import { z } from 'zod';
import { MAP_OWNERS } from './domain/confirmation.js';

const version = z.int().min(1);
const stores = z.array(dataStoreId);

export const registrationAnswer = z
  .strictObject({
    mapVersion: version,
    activeMapVersion: z.int().min(0).describe('0 while none is in use.'),
    state: z.enum(['active', 'proposed']),
    stores: stores.describe('All stores of the tenant.'),
  })
  .meta({ id: 'Registration' });

const registered = { registeredBy: z.string(), mapVersion: version, registeredAt: instant, changedAt: instant };
const [postgres, http] = dataStore.options;

/** A store as its agent registered it. */
export const dataStoreAnswer = z
  .discriminatedUnion('kind', [z.strictObject({ ...postgres.shape, ...registered }), z.strictObject({ ...http.shape, ...registered })])
  .meta({ id: 'DataStore' });

export const dataMapAnswer = z
  .strictObject({
    active: z
      .strictObject({ mapVersion: version, stores, activatedAt: instant.nullable() })
      .nullable()
      .describe('The version that new dispatches use; null while there is none.'),
    proposed: z.array(z.strictObject({ mapVersion: version, stores, proposedAt: instant, waitsFor: z.array(z.enum(MAP_OWNERS)) })),
  })
  .meta({ id: 'DataMap' });
