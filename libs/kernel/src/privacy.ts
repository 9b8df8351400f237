import type { z } from 'zod';

/**
 * What a field says about people. Every field of an event carries one, and only `sealed` may hold what identifies
 * a person in the clear, for the ingress topic alone `personal`.
 */
export type PrivacyClass = 'none' | 'organisational' | 'pseudonymous' | 'sealed' | 'personal';

/** @example classified('pseudonymous', z.string()) */
export function classified<S extends z.ZodType>(privacy: PrivacyClass, schema: S): S {
  return schema.meta({ 'x-privacy': privacy }) as S;
}
