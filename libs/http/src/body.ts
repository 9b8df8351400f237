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

/** JSON in UTF-8, without NUL characters and halves of characters (PostgreSQL cannot store them). @throws HeedError `json_malformed` */
export function parseJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw malformed('json_malformed', 'The body is not valid UTF-8.');
  }
  if (text.includes('\\u0000') || text.includes('\0')) throw malformed('json_malformed', 'The body holds a NUL character.');
  if (isTooDeep(text)) throw malformed('json_malformed', `The body is nested deeper than ${MAX_DEPTH}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('json_malformed', 'The body is not valid JSON.');
  }
  if (SURROGATE.test(text) && !isWellFormed(value)) throw malformed('json_malformed', 'The body holds half a character, a lone surrogate.');
  return value;
}

/** No body of ours is a tenth as deep; a million brackets would exhaust the stack of whoever walks them. */
const MAX_DEPTH = 100;

function isTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') quoted = !quoted;
    else if (quoted) i += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Half of a character outside of the first plane, written as an escape. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}
