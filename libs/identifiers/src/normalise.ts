import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { CountryCode } from 'libphonenumber-js';
import { IdentifierInvalid } from './identifier-invalid.js';

export interface PlainIdentifier {
  readonly type: string;
  readonly value: string;
}

/** The longest email address (RFC 3696 erratum 1690); nothing people are found by is longer. */
export const MAX_IDENTIFIER_LENGTH = 320;

/**
 * The one form of an identifier, so that the same person is found again: email in lower case (Unicode NFKC), phone in
 * E.164, the rest as it is.
 * @param country ISO 3166 code for phone numbers without a country code
 * @throws IdentifierInvalid also for the type `ref`: on the consent-state topic it would stand where a person's own ref stands
 * @example normalise({ type: 'phone', value: '098765 43210' }, 'IN').value // '+919876543210'
 */
export function normalise({ type, value: given }: PlainIdentifier, country?: string): PlainIdentifier {
  if (type === 'ref') throw new IdentifierInvalid(type, 'ref is no type of identifier; a person is named by {"ref": "sub_…"}.');
  const value = given.normalize('NFKC').trim();
  if (value === '' || value.length > MAX_IDENTIFIER_LENGTH) throw new IdentifierInvalid(type, `An identifier of type ${type} is empty or too long.`);
  if (type === 'email') {
    const email = value.toLowerCase();
    if (!/^[^\s@]{1,64}@[^\s@]{1,255}$/.test(email)) throw new IdentifierInvalid(type, 'An identifier of type email is not an email address.');
    return { type, value: email };
  }
  if (type === 'phone') {
    const phone = parsePhoneNumberFromString(value, country as CountryCode | undefined);
    if (!phone?.isPossible()) throw new IdentifierInvalid(type, 'An identifier of type phone is not a phone number; use E.164, e.g. +91….');
    return { type, value: phone.number };
  }
  return { type, value };
}

/**
 * What is hashed to find an identifier on the consent-state topic.
 * @example indexedText(normalise({ type: 'email', value: 'Ada@Example.com' })) // 'email|ada@example.com'
 */
export const indexedText = ({ type, value }: PlainIdentifier): string => `${type}|${value}`;

/** The same of a person's ref. @example indexedTextOfRef('sub_…') // 'ref|sub_…' */
export const indexedTextOfRef = (ref: string): string => `ref|${ref}`;
