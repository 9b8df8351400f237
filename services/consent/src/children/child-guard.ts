import { childSuspected } from '@heed/contracts-consent';
import { newEvent, refused } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { ageLimits, ageOfConsent, calendarOf, childPromise, localDay } from '@heed/policy';
import type { AgeOfConsent, PolicyPack, Purpose } from '@heed/policy';
import type { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { afterStatement, groupOf } from './domain/age.js';
import type { AgeGroup, AgeStatement, KnownAge, ParentalConsent } from './domain/age.js';
import { keepAges } from './person-age.store.js';
import type { NewAge, PersonAge } from './person-age.store.js';

/** What is guarded: one person's call, with what it decides. */
export interface Guarded<D extends GuardedDecision = GuardedDecision> {
  readonly call: AgeStatement & {
    readonly channel: string;
    readonly cause: Cause;
    readonly jurisdiction?: string | undefined;
    readonly parentalConsent?: ParentalConsent | undefined;
    readonly detail?: Readonly<Record<string, unknown>> | undefined;
  };
  readonly refs: readonly string[];
  readonly decisions: readonly D[];
}

interface GuardedDecision {
  readonly id: string;
  readonly decision: string;
  readonly purpose: Purpose | undefined;
}

/** What is known of one person's age from now on. */
interface NewerAge {
  readonly ref: string;
  readonly known: KnownAge;
  readonly before: PersonAge | undefined;
  readonly channel: string;
  readonly cause: Cause;
  readonly jurisdiction: string | undefined;
}

/** Following or targeting somebody: never for a child, whoever agrees (AJU-25, DPDP 9(3)). */
export const targets = (purpose: Pick<Purpose, 'profiling' | 'marketing'>): boolean => purpose.profiling || purpose.marketing;

export const saysAge = (call: AgeStatement & { readonly parentalConsent?: unknown }): boolean =>
  call.age !== undefined || call.childSignal === true || call.parentalConsent !== undefined;

/** The age below which a person is a child there, today. */
export const limitFor = (pack: PolicyPack, jurisdiction: string | undefined, now: Date): AgeOfConsent =>
  ageOfConsent(pack, jurisdiction, localDay(now, calendarOf(pack)));

/** Keeps children from being followed and targeted: what a call says of an age counts before anything that it decides. */
export class ChildGuard {
  constructor(
    private readonly outbox: Outbox,
    private readonly feed: ConsentStateFeed,
  ) {}

  /**
   * Takes down what a call says of an age, and opens a case where it says child. The people are locked.
   * @returns who turned out to be a child just now
   */
  async learn(tx: Tx, pack: PolicyPack, people: readonly Pick<Guarded, 'call' | 'refs'>[], ages: Map<string, PersonAge>): Promise<readonly string[]> {
    const [now, limits] = [tx.clock.now(), ageLimits(pack)];
    const newer = new Map<string, NewerAge>();
    const known = (ref: string): KnownAge | undefined => newer.get(ref)?.known ?? ages.get(ref);
    for (const { call, refs } of people) {
      if (!saysAge(call)) continue;
      for (const ref of refs) {
        const after = afterStatement(known(ref), call, limits, now);
        if (after && after !== known(ref)) newer.set(ref, { ref, known: after, before: ages.get(ref), channel: call.channel, cause: call.cause, jurisdiction: call.jurisdiction });
      }
    }
    return this.keep(tx, pack, [...newer.values()], ages);
  }

  /**
   * Writes down what is known of ages now, and opens a case where that says child.
   * @returns who turned out to be a child
   */
  async keep(tx: Tx, pack: PolicyPack, newer: readonly NewerAge[], ages: Map<string, PersonAge>): Promise<readonly string[]> {
    const kept = newer.map(({ ref, known, before, channel, cause, jurisdiction }) => {
      const group = groupOf(known, limitFor(pack, jurisdiction, tx.clock.now()).years);
      const opens = group === 'adult' || before?.caseOpen ? undefined : { reason: known.atLeast === null ? ('child_signal' as const) : ('age_stated' as const), channel };
      ages.set(ref, { ...known, caseOpen: opens !== undefined || (before?.caseOpen ?? false) });
      if (opens) this.open(tx, ref, opens, cause);
      return { ref, known, opens, group };
    });
    await keepAges(tx, kept);
    await this.feed.changed(tx, kept.map(({ ref }) => ref));
    return kept.flatMap(({ ref, group }) => (group === 'child' ? [ref] : []));
  }

  /**
   * What a call may decide, given what is known of the person's age.
   * @throws HeedError `child_refused` for what follows or targets a child, `parental_consent_missing` for the rest
   */
  allow<D extends GuardedDecision, G extends Guarded<D>>(pack: PolicyPack, one: G, ages: ReadonlyMap<string, PersonAge>, now: Date): G {
    const proof = one.call.parentalConsent;
    const call = proof ? { ...one.call, detail: { ...one.call.detail, parentalConsent: { ...proof } } } : one.call;
    const known = one.refs.flatMap((ref) => ages.get(ref) ?? []);
    if (known.length === 0) return { ...one, call };
    const limit = limitFor(pack, one.call.jurisdiction, now);
    const group = strictest(known, limit.years);
    if (group === 'adult') return { ...one, call };
    // Where the law alone asks for more years than the policy, no promise of the policy says no.
    const promised = (monitoring: boolean): string | undefined => (pack.children && strictest(known, pack.children.minAge.value) !== 'adult' ? childPromise(pack, monitoring) : undefined);
    const parental = proof ?? known.find((age) => age.parental)?.parental ?? undefined;
    const decisions = one.decisions.map((wanted) => {
      if (wanted.decision !== 'given') return wanted;
      const never = wanted.purpose === undefined || targets(wanted.purpose);
      if (group === 'suspected') return never || !parental ? { ...wanted, decision: 'request_deferred' as const } : wanted;
      if (never) throw refused('child_refused', `Nobody below ${limit.years} is followed or targeted (${limit.source}); ${wanted.id} is, whoever agrees.`, promised(true));
      if (!parental) throw refused('parental_consent_missing', `Below ${limit.years} (${limit.source}) only a parent agrees to ${wanted.id}: send \`parentalConsent\`.`, promised(false));
      return wanted;
    });
    return { ...one, decisions, call: parental ? { ...call, detail: { ...call.detail, parentalConsent: { ...parental } } } : call };
  }

  private open(tx: Tx, ref: string, { reason, channel }: NonNullable<NewAge['opens']>, cause: Cause): void {
    const data = { ref, reason, channel, openedAt: tx.clock.now().toISOString() };
    tx.record({ kind: 'child.suspected', ref, data: { reason, channel } });
    this.outbox.append([newEvent(childSuspected, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause, data })], tx);
  }
}

/** Where several refs are one person, the strictest that is known of any counts. */
export function strictest(known: readonly PersonAge[], years: number): AgeGroup {
  const groups = known.map((age) => groupOf(age, years));
  return (['child', 'suspected', 'adult'] as const).find((group) => groups.includes(group)) ?? 'unknown';
}
