import { hash } from 'node:crypto';

export const TOPIC_TENANT = 'ajuni';
export const TOPIC = `heed.t.${TOPIC_TENANT}.consent-state.v1`;
export const PURPOSES = ['marketing_email', 'analytics'] as const;
/** Never asked for as a person: its record says how far the updates are. */
export const MARKER = -1;

export const emailOf = (n: number): string => `person.${n}@example.com`;
const refOf = (n: number): string => `sub_${(n + 1).toString(16).padStart(32, '0')}`;

/** HMAC-SHA256 in base64url by two plain hashes: the millions that fill a topic take a quarter of the time. */
export function keyedHash(key: Buffer): (text: string) => string {
  const [inner, outer] = [Buffer.alloc(512, 0x36), Buffer.alloc(96, 0x5c)];
  for (let i = 0; i < key.length; i += 1) [inner[i], outer[i]] = [key[i]! ^ 0x36, key[i]! ^ 0x5c];
  return (text) => {
    const end = 64 + inner.write(text, 64, 'latin1');
    hash('sha256', inner.subarray(0, end), 'buffer').copy(outer, 64);
    return hash('sha256', outer, 'buffer').toString('base64url');
  };
}

export interface WireRecord {
  readonly partition: 0;
  readonly key: string;
  readonly value: string;
}

const VALID_UNTIL = '2099-01-01T00:00:00.000Z';

/** A person as the service publishes them: the same value under the address and under the ref (docs/wire-format.md). Odd versions agree to both purposes, even ones to none. */
export function recordsOf(hashed: (text: string) => string, n: number, version: number, recordId: string): readonly WireRecord[] {
  const held = version % 2 === 1 ? { state: 'given', recordId, validUntil: VALID_UNTIL } : { state: 'withdrawn', recordId };
  const purposes = Object.fromEntries(PURPOSES.map((purpose) => [purpose, held]));
  const value = JSON.stringify({ v: 1, ref: refOf(n), version, build: 1, at: new Date().toISOString(), purposes });
  return [`email|${emailOf(n)}`, `ref|${refOf(n)}`].map((text) => ({ partition: 0, key: hashed(text), value }));
}

/** The time of its making and a count, in the form of a record's id. */
export function markerId(count: number, ms: number): string {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count.toString(16).padStart(12, '0')}`;
}

export function readMarker(id: string): { readonly count: number; readonly ms: number } {
  return { count: Number.parseInt(id.slice(-12), 16), ms: Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) };
}

export const buildRecord = (): WireRecord => ({ partition: 0, key: 'build', value: JSON.stringify({ v: 1, build: 1, epoch: 1 }) });

export const heartbeat = (): WireRecord => ({ partition: 0, key: 'heartbeat', value: JSON.stringify({ v: 1, completeUntil: new Date().toISOString(), epoch: 1, build: 1, policyVersion: 1 }) });

export const POLICY = {
  policyVersion: 1, country: 'IN', defaultJurisdiction: 'IN', places: {}, adultAge: { IN: 18 }, childPromises: { targets: null, other: null }, never: [],
  purposes: PURPOSES.map((id) => ({ id, bases: { IN: 'consent' }, gpc: false, targets: false })),
};
