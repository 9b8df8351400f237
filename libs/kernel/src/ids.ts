import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** Before and behind every other UUID (RFC 9562, 5.9 and 5.10): where a walk by id begins. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The millisecond of the newest UUIDv7 here, and how many it has had, from a random start. */
const newest = { time: -1, count: 0 };
const COUNT_BITS = 14;

/**
 * UUIDv7 (RFC 9562): time-ordered, made by the client so that a retried insert carries the same id. Those that one process
 * makes in one millisecond are in the order in which it made them (section 6.2, a counter in front of 48 random bits).
 * @example uuidv7(clock.now()) // '019a…-7…'
 */
export function uuidv7(at: Date = new Date()): string {
  const time = at.getTime();
  // Node draws random UUIDs in bulk: one call to the system for 128 of them.
  const random = randomUUID();
  newest.count = time === newest.time ? newest.count + 1 : Number.parseInt(random.slice(0, 5), 16);
  newest.time = time;
  const hex = time.toString(16).padStart(12, '0');
  const high = (0x7000 | ((newest.count >> COUNT_BITS) & 0xfff)).toString(16);
  const low = (0x8000 | (newest.count & 0x3fff)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${high}-${low}-${random.slice(24)}`;
}

/**
 * A UUID that is the same for the same parts: the id of an effect that a redelivered cause must not double.
 * @example derivedId('ingress', tenant, source, eventId)
 */
export function derivedId(...parts: readonly string[]): string {
  return hashedUuid(8, JSON.stringify(parts));
}

/** The pseudonym of a person: 128 random bits, minted once, never derived from an identifier. */
export function newSubjectRef(): string {
  return `sub_${randomBytes(16).toString('hex')}`;
}

/**
 * The UUID of a text, by its SHA-256. Version 8 says that it is our own making; 4 is for standards that take no other.
 * @example hashedUuid(8, 'what it stands for') // '…-8…-b…'
 */
export function hashedUuid(version: 4 | 8, content: string): string {
  const bytes = createHash('sha256').update(content).digest();
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
