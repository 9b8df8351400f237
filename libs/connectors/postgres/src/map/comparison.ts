/** How a column is compared with the values of an identifier type. */
export interface Comparison {
  /** SQL over the column; an index on exactly this expression makes it fast. */
  readonly expression: (column: string) => string;
  /** Type of the array of values. */
  readonly type: string;
  /** The value as it is compared. */
  readonly normalise: (value: string) => string;
  /** A value that cannot stand in the column matches nothing, instead of failing the whole batch. */
  readonly accepts: (value: string) => boolean;
}

const TEXT = new Set(['text', 'character varying', 'character', 'name']);
const INTEGER_DIGITS: Readonly<Record<string, number>> = { smallint: 4, integer: 9, bigint: 18 };
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const always = (): boolean => true;
const plain = (column: string): string => column;
const asIs = (value: string): string => value;

/**
 * Identifiers arrive normalised (email in lower case, phone as E.164) while a store has them as somebody typed them:
 * a comparison that misses `Ada@Example.com` would leave her in place and call it verified.
 */
export function comparisonFor(identifierType: string, columnType: string): Comparison {
  if (columnType === 'citext') return { expression: plain, type: 'citext', normalise: asIs, accepts: always };
  if (TEXT.has(columnType)) {
    if (identifierType === 'email') return { expression: (c) => `lower(${c})`, type: 'text', normalise: (v) => v.toLowerCase(), accepts: always };
    if (identifierType === 'phone') {
      const normalise = (v: string): string => v.replace(/[^0-9+]/g, '');
      return { expression: (c) => `regexp_replace(${c}, '[^0-9+]', '', 'g')`, type: 'text', normalise, accepts: (v) => normalise(v) !== '' };
    }
    return { expression: plain, type: 'text', normalise: asIs, accepts: always };
  }
  const digits = INTEGER_DIGITS[columnType];
  if (digits !== undefined) {
    return { expression: plain, type: columnType, normalise: asIs, accepts: (v) => /^-?\d+$/.test(v) && v.replace('-', '').length <= digits };
  }
  if (columnType === 'uuid') return { expression: plain, type: 'uuid', normalise: asIs, accepts: (v) => UUID.test(v) };
  return { expression: (c) => `${c}::text`, type: 'text', normalise: asIs, accepts: always };
}
