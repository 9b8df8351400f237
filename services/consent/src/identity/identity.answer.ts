import { identifierType, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { CHANGES } from './identity-change.store.js';

/** A code, not a sentence: it stands in the history for good, and names nobody. */
const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'a code such as `same_person`');

export const mergeBody = z.strictObject({ other: subjectRef.describe('Who is found to be the same person.'), reason: code.default('same_person') });
export const splitBody = z.strictObject({ other: subjectRef.describe('The ref that was merged and is its own person.'), reason: code.default('not_the_same_person') });

export const identityChanged = z
  .strictObject({
    ref: subjectRef.describe('Under which the person is known.'),
    aliases: z.array(subjectRef).describe('Every other ref of the person, at most 64.'),
    changeId: uuid,
  })
  .meta({ id: 'IdentityChanged' });

export const identifiersLinked = z
  .strictObject({ ref: subjectRef, linked: z.int().min(0).describe('How many of the identifiers are the person’s only now.') })
  .meta({ id: 'IdentifiersLinked' });

export const identifiersUnlinked = z
  .strictObject({ ref: subjectRef, other: subjectRef.describe('Under which the identifiers are known now.'), unlinked: z.int().min(1) })
  .meta({ id: 'IdentifiersUnlinked' });

export const identityChange = z
  .strictObject({
    id: uuid,
    kind: z.enum(CHANGES),
    ref: subjectRef,
    other: subjectRef.nullable(),
    identifierType: identifierType.nullable().describe('Of an identifier only the type is told.'),
    reason: z.string(),
    actor: z.string(),
    changedAt: instant,
  })
  .meta({ id: 'IdentityChange' });
