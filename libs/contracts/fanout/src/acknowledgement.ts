import { classified, dataStoreId, defineEvent, dispatchId, dispatchOwner, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

const count = classified('none', z.int().min(0));

/** What an agent may answer; the other target states are the owner's. */
export const outcome = classified(
  'none',
  z.enum(['done', 'nothing_found', 'held', 'refused', 'failed', 'superseded']),
);
export type Outcome = z.output<typeof outcome>;

/**
 * How far the outcome is proven. `verified`: read again on another connection after the commit. `processor_attested`:
 * the processor says so and cannot be read. `applied`: nothing was destroyed, so nothing needs a second look.
 */
export const assurance = classified('none', z.enum(['verified', 'processor_attested', 'applied']));
export type Assurance = z.output<typeof assurance>;

export const tableEvidence = z.strictObject({
  table: classified('organisational', z.string()),
  /** Rows changed or destroyed. */
  rows: count,
  /** Rows that matched on the second reading and that no `kept` explains. */
  residue: count,
  kept: z.array(z.strictObject({ basis: classified('organisational', z.string()), count })),
});
export type TableEvidence = z.output<typeof tableEvidence>;

/** What the agent's key signs, as RFC 8785 canonical JSON. */
export const acknowledgementBody = z
  .strictObject({
    tenant: classified('organisational', z.string()),
    dispatchId,
    owner: dispatchOwner,
    dataStore: dataStoreId,
    ref: subjectRef,
    version: count,
    /** The event id of the command that is answered. */
    commandId: uuid,
    outcome,
    assurance,
    rows: count,
    residue: count,
    tables: z.array(tableEvidence),
    /** Stable code where the outcome needs one, e.g. `clearance_expired`, `residue_found`. */
    reason: classified('none', z.string()).nullable(),
    /** For holds: this store had erased the person before the hold came. */
    alreadyErased: classified('none', z.boolean()),
    /** High-water mark of the agent's journal: a later, lower one means the store was restored. */
    journalPosition: count,
    completedAt: instant,
  })
  .refine((a) => a.outcome !== 'done' || a.residue === 0, 'done with residue is impossible');
export type AcknowledgementBody = z.output<typeof acknowledgementBody>;

export const proof = z.strictObject({
  /** RFC 7638 thumbprint of the agent's registered Ed25519 key. */
  kid: classified('none', z.string()),
  alg: classified('none', z.literal('EdDSA')),
  /** base64url Ed25519 signature over the canonical JSON of `body`. */
  signature: classified('none', z.string()),
});
export type Proof = z.output<typeof proof>;

export const acknowledged = defineEvent({
  type: 'heed.command.acknowledged.v1',
  topics: ['heed.acks.{owner}.v1'],
  summary: "A target's outcome with evidence, signed by the agent's key.",
  data: z.strictObject({ body: acknowledgementBody, proof }),
});
export type Acknowledgement = z.output<typeof acknowledged.data>;
