/** How a column is compared with the values of an identifier type. */
export interface Comparison {
  /** SQL over the column; an index on exactly this expression makes it fast. */
  readonly expression: (column: string) => string;
  /** Type of the array of values. */
  readonly type: string;
  /** A value that cannot stand in the column matches nothing, instead of failing the whole batch. */
  readonly accepts: (value: string) => boolean;
}

const TEXT = new Set(['text', 'character varying', 'character', 'name']);
const INTEGER_DIGITS: Readonly<Record<string, number>> = { smallint: 4, integer: 9, bigint: 18 };
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const always = (): boolean => true;
const plain = (column: string): string => column;

/**
 * Identifiers arrive normalised (email in lower case, phone as E.164) while a store has them as somebody typed them:
 * a comparison that misses `Ada@Example.com` would leave her in place and call it verified.
 */
export function comparisonFor(identifierType: string, columnType: string): Comparison {
  if (columnType === 'citext') return { expression: plain, type: 'citext', accepts: always };
  if (TEXT.has(columnType)) {
    if (identifierType === 'email') return { expression: (c) => `lower(${c})`, type: 'text', accepts: always };
    if (identifierType === 'phone') return { expression: (c) => `regexp_replace(${c}, '[^0-9+]', '', 'g')`, type: 'text', accepts: always };
    return { expression: plain, type: 'text', accepts: always };
  }
  const digits = INTEGER_DIGITS[columnType];
  if (digits !== undefined) return { expression: plain, type: columnType, accepts: (v) => /^-?\d+$/.test(v) && v.replace('-', '').length <= digits };
  if (columnType === 'uuid') return { expression: plain, type: 'uuid', accepts: (v) => UUID.test(v) };
  return { expression: (c) => `${c}::text`, type: 'text', accepts: always };
}
