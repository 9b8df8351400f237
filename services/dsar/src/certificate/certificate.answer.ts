import { acknowledged, assurance, proof } from '@heed/contracts-fanout';
import { publicKey } from '@heed/contracts-subprocessor-registry';
import { dataStoreId, dispatchId, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const count = z.int().min(0);

const storeOutcome = z.strictObject({
  dataStore: dataStoreId,
  outcome: z.string(),
  assurance: assurance.nullable(),
  rows: count,
  residue: count,
  kept: z.array(z.strictObject({ table: z.string(), basis: z.string(), count })),
  completedAt: instant.nullable(),
  acknowledgement: acknowledged.data.nullable().describe("As the store's agent signed it."),
  agentKey: publicKey.nullable().describe('The key that it is checked with.'),
});

const certificate = z.strictObject({
  schema: z.literal('heed.dev/certificate/erasure/v1'),
  id: uuid,
  tenant: z.strictObject({ id: z.string(), name: z.string(), controller: z.string() }),
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
  verified: z.strictObject({ at: instant.nullable(), by: z.string().nullable(), method: z.string().nullable() }),
  approved: z.strictObject({ at: instant.nullable(), by: z.string().nullable() }),
  dispatches: z.array(z.strictObject({ id: dispatchId, closedAt: instant, stores: z.array(storeOutcome) })),
  totals: z.strictObject({ stores: count, rows: count, residue: count, kept: count }),
  issuedAt: instant,
  supersedes: uuid.nullable().describe('The certificate whose place this one takes.'),
});

export const certificateAnswer = z
  .strictObject({
    certificate,
    proof: proof.describe('Over the RFC 8785 form of `certificate` alone.'),
    key: publicKey.describe('The public half of the signing key.'),
  })
  .meta({ id: 'ErasureCertificate', description: 'What was erased, where, and how far it is proven. Names nobody: refs only.' });
