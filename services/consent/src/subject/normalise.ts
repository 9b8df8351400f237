import type { Identifier } from '@heed/kernel';
import { malformed } from '@heed/kernel';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { CountryCode } from 'libphonenumber-js';

/**
 * The one form of an identifier, so that the same person is found again: email in lower case (Unicode NFKC), phone in
 * E.164, the rest as it is.
 * @param country ISO 3166 code for phone numbers without a country code
 * @throws HeedError `identifier_invalid`
 * @example normalise({ type: 'phone', value: '098765 43210' }, 'IN').value // '+919876543210'
 */
export function normalise(identifier: Identifier, country: string | undefined): Identifier {
  const value = identifier.value.normalize('NFKC').trim();
  if (identifier.type === 'email') {
    const email = value.toLowerCase();
    if (!/^[^\s@]{1,64}@[^\s@]{1,255}$/.test(email)) throw malformed('identifier_invalid', 'An identifier of type email is not an email address.');
    return { type: 'email', value: email };
  }
  if (identifier.type === 'phone') {
    const phone = parsePhoneNumberFromString(value, country as CountryCode | undefined);
    if (!phone?.isPossible()) throw malformed('identifier_invalid', 'An identifier of type phone is not a phone number; use E.164, e.g. +91….');
    return { type: 'phone', value: phone.number };
  }
  return { type: identifier.type, value };
}
