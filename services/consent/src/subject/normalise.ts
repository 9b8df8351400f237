import { IdentifierInvalid, normalise as toOneForm } from '@heed/identifiers';
import { malformed } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';

/**
 * The one form of an identifier, as `@heed/identifiers` has it for services and SDKs alike.
 * @param country ISO 3166 code for phone numbers without a country code
 * @throws HeedError `identifier_invalid`
 */
export function normalise(identifier: Identifier, country: string | undefined): Identifier {
  try {
    return toOneForm(identifier, country);
  } catch (error) {
    throw error instanceof IdentifierInvalid ? malformed(error.code, error.message) : error;
  }
}

/** @throws HeedError `identifier_invalid` */
export const normaliseAll = (identifiers: readonly Identifier[], country: string | undefined): readonly Identifier[] => identifiers.map((one) => normalise(one, country));

type Named = { readonly identifiers: readonly Identifier[] } | { readonly ref: string };

/** Whoever a call names, with their identifiers in that form. @throws HeedError `identifier_invalid` */
export function personIn(subject: Named, country: string | undefined): Named {
  return 'ref' in subject ? subject : { identifiers: normaliseAll(subject.identifiers, country) };
}
