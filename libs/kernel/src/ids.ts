import { createHash, randomBytes, randomUUID } from 'node:crypto';

/**
 * UUIDv7 (RFC 9562): time-ordered, made by the client so that a retried insert carries the same id.
 * @example uuidv7(clock.now()) // '019a…-7…'
 */
export function uuidv7(at: Date = new Date()): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  // The random half of a version 4 UUID, which Node draws in bulk: one call to the system for 128 of them.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/**
 * A UUID that is the same for the same parts: the id of an effect that a redelivered cause must not double.
 * @example derivedId('ingress', tenant, source, eventId)
 */
export function derivedId(...parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid(bytes);
}

/** The pseudonym of a person: 128 random bits, minted once, never derived from an identifier. */
export function newSubjectRef(): string {
  return `sub_${randomBytes(16).toString('hex')}`;
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
