/** Deeper than any metadata is; a verifier must not be ended by what it verifies. */
const DEEPEST = 100;

/** Strings, and whether a colon makes one a member's name. */
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * JSON that every reader understands alike: what one of them drops (a name that is there twice, `__proto__`) would stand
 * in a verified text without having been verified.
 * @throws SyntaxError for anything else
 */
export function parseStrictly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const written = text.match(STRINGS)?.filter((one) => one.endsWith(':')).length ?? 0;
  if (namesIn(value, 0) !== written) throw new SyntaxError('a name is there twice');
  return value;
}

function namesIn(value: unknown, depth: number): number {
  if (typeof value === 'string' && !value.isWellFormed()) throw new SyntaxError('half a character');
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === DEEPEST) throw new SyntaxError('too deep');
  const own = Array.isArray(value) ? [] : Object.keys(value);
  if (own.some((name) => name === '__proto__' || !name.isWellFormed())) throw new SyntaxError('a name that is not understood alike');
  return Object.values(value).reduce<number>((sum, one) => sum + namesIn(one, depth + 1), own.length);
}
