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
