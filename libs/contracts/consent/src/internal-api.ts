import { classified, dataStoreId, dispatchId, identifier, subjectRef } from '@heed/kernel';
import { sealedEnvelope } from '@heed/contracts-fanout';
import { z } from 'zod';

/**
 * The calls that only Heed's own services may make of consent (role `service`, never routed by the public origin).
 * Consent alone knows which identifiers belong to which ref. Tenant in the `x-heed-tenant` header.
 */
const MAX_BATCH = 500;

/** `POST /internal/resolve`: refs of people, minted where a person is new. Answers in the order asked. */
export const resolveBody = z.strictObject({
  people: z.array(z.strictObject({ identifiers: z.array(identifier).min(1).max(16) })).min(1).max(MAX_BATCH),
});
export const resolveAnswer = z.strictObject({ people: z.array(z.strictObject({ ref: subjectRef, aliases: z.array(subjectRef) })) });

/**
 * `POST /internal/seal`: one envelope per dispatch that only the named stores can read, with the identifiers of the ref and
 * its aliases. A dispatch that cannot be sealed yet, because a store is new to consent or has no key that counts, is missing
 * from the answer; `unsealed` names stores that are not among those sealed for, because their agents' keys were revoked. One
 * whose person nobody knows has `sealed: null`, and says whether they were erased.
 */
export const sealBody = z.strictObject({
  dispatches: z
    .array(z.strictObject({ dispatchId, ref: subjectRef, aliases: z.array(subjectRef).max(64).default([]), stores: z.array(dataStoreId).min(1) }))
    .min(1)
    .max(MAX_BATCH),
});
export const sealAnswer = z.strictObject({
  dispatches: z.array(
    z.strictObject({ dispatchId, version: z.int().min(0), aliases: z.array(subjectRef), sealed: sealedEnvelope.nullable(), erased: z.boolean().default(false), unsealed: z.array(dataStoreId).default([]) }),
  ),
});

/** `POST /internal/contacts`: where to write to people, for a message that is being sent now; never stored. */
export const contactsBody = z.strictObject({ refs: z.array(subjectRef).min(1).max(MAX_BATCH) });
export const contactsAnswer = z.strictObject({
  contacts: z.array(z.strictObject({ ref: subjectRef, email: classified('personal', z.string()).nullable() })),
});
