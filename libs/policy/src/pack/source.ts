import { z } from 'zod';

/** What a value says when no sentence of the policy stands behind it: the operator chose it. */
export const OPERATOR_DEFAULT = 'operator_default';

/** A promise's id: three capitals of the policy and a number, e.g. `AJU-40`. */
export const promiseIdSchema = z
  .string()
  .regex(/^[A-Z]{3}-\d{2,3}$/, 'a promise id looks like AJU-40');

/** Where a value comes from: one promise, several, or the operator. There is no fourth way, and no default. */
export const sourceSchema = z.union(
  [z.literal(OPERATOR_DEFAULT), promiseIdSchema, z.array(promiseIdSchema).min(1)],
  { error: 'a source is a promise id, a list of promise ids, or operator_default' },
);
export type Source = z.infer<typeof sourceSchema>;

/**
 * A value that cannot be written without its source: `{ value: P2BD, source: AJU-39 }`.
 * A pack in which a number stands alone does not parse, so nobody has to ask later who promised it.
 */
export function sourced<T extends z.ZodType>(value: T) {
  return z.strictObject(
    { value, source: sourceSchema },
    { error: (issue) => (issue.code === 'invalid_type' ? NEEDS_SOURCE : undefined) },
  );
}

/** The complaint about a bare value, recognised by the reader, which adds place and remedy. */
export const NEEDS_SOURCE = 'needs its source';

/** The TypeScript face of {@link sourced}. */
export interface Sourced<T> {
  value: T;
  source: Source;
}

/**
 * The promise ids behind a source; empty when the operator chose the value.
 * @example promisesOf(pack.clocks.acknowledge.source) // ['AJU-39']
 */
export function promisesOf(source: Source): string[] {
  if (source === OPERATOR_DEFAULT) return [];
  return typeof source === 'string' ? [source] : [...source];
}

/**
 * The source as one word for an answer or a log line: the first promise id, or `operator_default`.
 * @example sourceLabel(['AJU-08', 'AJU-19']) // 'AJU-08'
 */
export function sourceLabel(source: Source): string {
  return promisesOf(source)[0] ?? OPERATOR_DEFAULT;
}
