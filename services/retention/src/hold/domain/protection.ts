/** A hold that stands, and the person it protects under all their refs. */
export interface StandingHold {
  readonly id: string;
  readonly ref: string;
  readonly aliases: readonly string[];
}

/**
 * The holds that stand in the way of destroying a person's data. A hold on any ref of the person holds the whole person,
 * and a hold on some categories holds back the whole erasure: the strictest reading wins.
 */
export function holdsInTheWay(holds: readonly StandingHold[], refs: readonly string[]): readonly StandingHold[] {
  const person = new Set(refs);
  return holds.filter((hold) => person.has(hold.ref) || hold.aliases.some((alias) => person.has(alias)));
}
