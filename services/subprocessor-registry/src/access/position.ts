import { readCursor } from '@heed/http';
import { malformed, uuid } from '@heed/kernel';

/** The id behind which a list that is ordered by id goes on. @throws HeedError `cursor_malformed` */
export function idAfter(cursor: string | undefined): string | null {
  const after = readCursor(cursor);
  if (after === undefined) return null;
  if (!uuid.safeParse(after).success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
  return after;
}
