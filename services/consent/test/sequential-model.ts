/**
 * What one person's decisions come to when they are made one after the other, written down once more from the rules alone:
 * nothing here is the service's. Times are milliseconds.
 */
export interface Line {
  readonly id: string;
  readonly purpose: string;
  readonly says: 'yes' | 'no';
  /** When whoever reported it says it happened; undefined where nothing was said. */
  readonly reported: number | undefined;
  /** It came from another system, whose clock is not believed a moment ahead. */
  readonly foreign?: boolean;
  /** By the database's clock. */
  readonly received: number;
  /** It was decided under another ref of the person, and counts here since the two were found to be one. */
  readonly carried: boolean;
}

export interface Holds {
  readonly allowed: boolean;
  readonly id: string;
}

/** @param lines of one ref, in the order of their versions */
export function replay(lines: readonly Line[]): ReadonlyMap<string, Holds> {
  const holds = new Map<string, Holds & { readonly at: number }>();
  for (const { id, purpose, says, reported, received, carried, foreign } of lines) {
    const now = holds.get(purpose);
    if (says === 'no') {
      holds.set(purpose, { allowed: false, id, at: received }); // at once, whatever anybody's clock says
      continue;
    }
    const happened = Math.min(reported ?? received, received); // nobody can report what has not happened yet
    const unknown = (reported ?? received) - received > (foreign ? 0 : 60_000); // so far ahead that nobody knows when it was: a no wins
    const counts = carried || !now || (now.allowed ? happened >= now.at : happened > now.at && !unknown); // a no wins a tie
    if (counts) holds.set(purpose, { allowed: true, id, at: happened });
  }
  return holds;
}

/** The stricter of two people who are found to be one: a no of either is a no, a yes of one alone is a yes. */
export function bothOf(one: Holds | undefined, other: Holds | undefined): boolean | undefined {
  if (!one || !other) return (one ?? other)?.allowed;
  return one.allowed && other.allowed;
}
