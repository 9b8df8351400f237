import { decisionSetBody, withdrawalBody } from '@heed/contracts-ingress';
import { parseBody, parseJson } from '@heed/http';
import type { Fingerprint } from '@heed/http';
import { HeedError, isHeedError, malformed } from '@heed/kernel';
import { z } from 'zod';
import { LINE_LIMIT } from './line-reader.js';
import type { RawLine } from './line-reader.js';

/** A line's idempotency key. */
export const lineId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/)
  .describe('The idempotency key of the line, kept 7 days: sent again, it is answered `duplicate` and does nothing twice.');

type Body =
  | { readonly kind: 'decisions'; readonly set: z.output<typeof decisionSetBody> }
  | { readonly kind: 'withdrawal'; readonly set: z.output<typeof withdrawalBody> };

/** A line that can be carried out. */
export interface BulkLine {
  readonly number: number;
  readonly id: string;
  /** What its answer is kept by. */
  readonly key: string;
  /** The same for the same content. */
  readonly fingerprint: string;
  readonly body: Body;
}

/** A line that cannot, and why. */
export interface UnreadableLine {
  readonly number: number;
  readonly id: string | null;
  readonly error: HeedError;
}

/** Reads a line: a decision set or a withdrawal, the bodies of `/v1/consents` and `/v1/withdrawals`, with an `id`. */
export function readLine({ number, bytes }: RawLine, fingerprint: Fingerprint): BulkLine | UnreadableLine {
  let id: string | null = null;
  try {
    if (!bytes) throw new HeedError({ kind: 'too_large', code: 'line_too_long', detail: `A line has at most ${LINE_LIMIT} bytes.` });
    const value = parseJson(bytes);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('line_invalid', 'A line is one JSON object.');
    const { id: given, ...body } = value as Readonly<Record<string, unknown>>;
    const known = lineId.safeParse(given);
    if (!known.success) throw malformed('line_id_missing', 'Each line has an `id` of 1 to 128 printable ASCII characters without spaces: its idempotency key.');
    id = known.data;
    return { number, id, key: keyOf(id, fingerprint), fingerprint: fingerprint(body), body: readBody(body) };
  } catch (error) {
    if (!isHeedError(error)) throw error;
    return { number, id, error };
  }
}

/**
 * Beside the keys of single calls, which a line's must not meet: no header has a blank in it. As a fingerprint, because a publisher
 * may have named somebody in an id.
 */
const keyOf = (id: string, fingerprint: Fingerprint): string => `line ${fingerprint(`line ${id}`)}`;

function readBody(body: Readonly<Record<string, unknown>>): Body {
  return 'purposes' in body ? { kind: 'withdrawal', set: parseBody(withdrawalBody, body) } : { kind: 'decisions', set: parseBody(decisionSetBody, body) };
}
