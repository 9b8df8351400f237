/** How a parent's consent was verified: DPDP 9, GDPR 8(2). The reference names the proof at the controller, never a person. */
export interface ParentalConsent {
  readonly method: string;
  readonly reference: string;
  readonly verifiedAt: string;
}

/** What a call says of somebody's age. */
export interface AgeStatement {
  /** In whole years. */
  readonly age?: number | undefined;
  /** Something says that this may be a child: a school's device, a children's profile. */
  readonly childSignal?: boolean | undefined;
}

/** What is known of somebody who may be a child. */
export interface KnownAge {
  readonly standing: 'stated' | 'suspected' | 'verified';
  /** The highest limit that is reached; null where only a signal is known. */
  readonly atLeast: number | null;
  /** From when on the next higher limit is believed, and each further one by as many years later; null: by no statement. */
  readonly believedFrom: Date | null;
  readonly parental: ParentalConsent | null;
}

export type AgeGroup = 'unknown' | 'adult' | 'child' | 'suspected';

/**
 * A child who is refused must not simply try again with another number, so a higher age counts only after this time.
 * Nobody promised a figure: a month is long for a click and short for a birthday.
 */
const MS_PER_DAY = 86_400_000;
const FIRST_BELIEVED_MS = 30 * MS_PER_DAY;

/** @param years from which age on a person decides alone there */
export function groupOf(known: KnownAge | undefined, years: number): AgeGroup {
  if (!known) return 'unknown';
  if (known.atLeast === null) return 'suspected';
  return known.atLeast >= years ? 'adult' : 'child';
}

/**
 * What is known after a statement: the strictest of all that was said. A higher age replaces a lower one only once it can
 * have become true by birthdays; a signal never outweighs what a person has verified.
 * @param limits the ages that make a difference, rising
 * @returns undefined where there is nothing to know: no word of age, or a grown-up of whom nothing is known
 * @example afterStatement(undefined, { age: 15 }, [13, 16, 18], now)?.atLeast // 13
 */
export function afterStatement(known: KnownAge | undefined, { age, childSignal }: AgeStatement, limits: readonly number[], now: Date): KnownAge | undefined {
  const stated = age === undefined ? undefined : ofAge(age, limits, now);
  const grownUp = limits.at(-1) ?? 0;
  if (stated && (stated.atLeast ?? 0) < grownUp) return stricter(known, stated, limits, now);
  const suspected: KnownAge = { standing: 'suspected', atLeast: null, believedFrom: null, parental: null };
  if (childSignal) return !known || (known.standing === 'stated' && (known.atLeast ?? 0) >= grownUp) ? suspected : known;
  return stated && known ? stricter(known, stated, limits, now) : known;
}

function stricter(known: KnownAge | undefined, stated: KnownAge, limits: readonly number[], now: Date): KnownAge {
  if (!known) return stated;
  // A child's number says more than a signal; a grown-up's would only take it away.
  if (known.atLeast === null) return stated.believedFrom ? stated : known;
  const [said, held] = [stated.atLeast ?? 0, known.atLeast];
  const next = limits.find((limit) => limit > held) ?? said;
  const grew = said > held && known.standing === 'stated' && known.believedFrom !== null && yearsAfter(known.believedFrom, said - next) <= now;
  if (said < held || grew) return { ...stated, parental: known.parental };
  return said === held && known.standing === 'stated' && isLater(stated.believedFrom, known.believedFrom) ? { ...known, believedFrom: stated.believedFrom } : known;
}

/**
 * The stricter of what is known of two refs that are one person: the lower limit, and a suspicion before any grown-up.
 * @param grownUp the highest limit
 */
export function stricterOf<K extends KnownAge>(one: K | undefined, other: K, grownUp: number): K {
  if (!one) return other;
  if (one.atLeast === null) return other.atLeast !== null && other.atLeast < grownUp ? other : one;
  if (other.atLeast === null) return one.atLeast < grownUp ? one : other;
  return other.atLeast < one.atLeast ? other : one;
}

const isLater = (one: Date | null, other: Date | null): boolean => one !== null && other !== null && one > other;

function ofAge(age: number, limits: readonly number[], now: Date): KnownAge {
  const next = limits.find((limit) => limit > age);
  return { standing: 'stated', atLeast: limits.findLast((limit) => limit <= age) ?? 0, believedFrom: next === undefined ? null : grownBy(next - age - 1, now), parental: null };
}

/** After so many birthdays at the earliest, the first of which may be tomorrow. */
const grownBy = (birthdays: number, now: Date): Date => new Date(Math.max(yearsAfter(now, birthdays).getTime(), now.getTime() + FIRST_BELIEVED_MS));

function yearsAfter(at: Date, years: number): Date {
  const later = new Date(at);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}
