import { malformed } from '@heed/kernel';
import { z } from 'zod';

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Longest page that is wanted.'),
  cursor: z.string().max(300).meta({ pattern: '^YWZ0ZXI6[A-Za-z0-9_-]+$' }).optional().describe('`nextCursor` of the page before.'),
});

/** A page of a list and where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** The schema of a page. @example pageAnswer(hold) */
export function pageAnswer<S extends z.ZodType>(item: S): z.ZodObject<{ items: z.ZodArray<S>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable().describe('Where the next page begins; null after the last.') });
}

/** Cursors are opaque to callers. @example const after = readCursor(query.cursor) */
export function readCursor(cursor: string | undefined): string | undefined {
  if (!cursor) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^after:[^\0-\x1f]*$/.test(text)) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
  return text.slice(6);
}

/** @param rows one more than `limit`, so that it is known whether there is a next page */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? Buffer.from(`after:${keyOf(last)}`).toString('base64url') : null };
}
