/** `@heed/identifiers`: the one form of an identifier, for services and for the SDK in a platform team's own process. */
export { IdentifierInvalid } from './identifier-invalid.js';
export { indexedText, indexedTextOfRef, MAX_IDENTIFIER_LENGTH, normalise, type PlainIdentifier } from './normalise.js';
