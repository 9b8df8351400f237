import { malformed } from '@heed/kernel';
import type { z } from 'zod';

/**
 * Reads a body (or query) through its schema.
 * @throws HeedError `body_invalid` with a JSON pointer per mistake; values are never quoted
 */
export function parseBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, 20).map((issue) => ({
    pointer: `/${issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
    code: issue.code,
    detail: issue.code === 'unrecognized_keys' ? 'has members that are not known here' : issue.message.slice(0, 200),
  }));
  throw malformed('body_invalid', 'The body does not have the expected form; see errors.', errors);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** JSON in UTF-8, without NUL characters (PostgreSQL cannot store them). @throws HeedError `json_malformed` */
export function parseJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw malformed('json_malformed', 'The body is not valid UTF-8.');
  }
  if (text.includes('\\u0000') || text.includes('\0')) throw malformed('json_malformed', 'The body holds a NUL character.');
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('json_malformed', 'The body is not valid JSON.');
  }
}
