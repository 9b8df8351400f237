import { isNo, isOpen } from '../../consent-record/decision.js';
import type { Decision, Held } from '../../consent-record/decision.js';

/** What two refs of one person come to for one purpose. */
export type Joined<S> = { readonly state: S; readonly from: 'one' | 'other' } | undefined;

const rankOf = (state: Decision): 'no' | 'ended' | 'given' => (isNo(state) ? 'no' : state === 'given' ? 'given' : 'ended');

/**
 * The stricter of two: what a person said no to under either ref is a no, however old it is and whatever the other ref said
 * later. A yes that has run out gives way to a newer one, for nobody said no. Who was only asked has not decided.
 * @example joined({ state: 'given', … }, { state: 'withdrawn', … }) // { from: 'other', … }
 */
export function joined<S extends Held>(one: S | undefined, other: S | undefined): Joined<S> {
  const mine = one && !isOpen(one.state) ? one : undefined;
  const theirs = other && !isOpen(other.state) ? other : undefined;
  if (!mine || !theirs) return mine ? { state: mine, from: 'one' } : theirs ? { state: theirs, from: 'other' } : undefined;
  return isTheirs(mine, theirs) ? { state: theirs, from: 'other' } : { state: mine, from: 'one' };
}

function isTheirs(mine: Held, theirs: Held): boolean {
  const [own, foreign] = [rankOf(mine.state), rankOf(theirs.state)];
  if (own === foreign) return own === 'given' ? endOf(theirs) < endOf(mine) : false; // both yes: for as long as both hold
  if (own === 'no' || foreign === 'no') return foreign === 'no';
  // A yes and one that has ended: the later counts, and at the same moment the ending.
  const [yes, ended] = own === 'given' ? [mine, theirs] : [theirs, mine];
  const counts = yes.occurredAt.getTime() > ended.occurredAt.getTime() ? yes : ended;
  return counts === theirs;
}

const endOf = (held: Held): number => held.validUntil?.getTime() ?? Number.POSITIVE_INFINITY;

export interface Parting<S> {
  /** What this side had decided alone, before the two became one. */
  readonly own: S | undefined;
  /** What the other side had decided alone. */
  readonly others: S | undefined;
  /** What holds for the two now. */
  readonly now: S | undefined;
  /** Somebody said no, or a yes ended, while they were one. */
  readonly noSince: boolean;
}

export type Parted<S> =
  /** It is as it was before. */
  | { readonly is: 'own'; readonly state: S }
  /** The no of the time in between counts here too. */
  | { readonly is: 'no'; readonly state: S }
  /** A yes that nobody can tell whose it was counts for neither. */
  | { readonly is: 'invalidated' }
  | { readonly is: 'nothing' };

/**
 * What one side keeps when two people part: every no; of the yeses only its own from before, and only where nobody said no
 * since. A yes that was said while they were one may have been either's.
 */
export function parted<S extends Held>({ own, others, now, noSince }: Parting<S>): Parted<S> {
  if (now && isNo(now.state)) return own && isNo(own.state) ? { is: 'own', state: own } : { is: 'no', state: now };
  if (own && isNo(own.state)) return { is: 'own', state: own };
  if (own?.state === 'given') {
    const undisputed = now?.state === 'given' && !noSince && !(others && isNo(others.state));
    return undisputed ? { is: 'own', state: own } : { is: 'invalidated' };
  }
  return own ? { is: 'own', state: own } : { is: 'nothing' };
}
