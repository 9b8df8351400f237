import { malformed, refused } from '@heed/kernel';
import type { Cause, Identifier } from '@heed/kernel';
import { neverPurposeOf, withdrawablePurposes } from '@heed/policy';
import type { Basis, Purpose } from '@heed/policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import type { AgeStatement, ParentalConsent } from '../children/domain/age.js';
import { personIn } from '../subject/normalise.js';
import type { Person, Resolved } from '../subject/subject.store.js';
import { checkNotice, decisionFor } from './decision.js';
import type { Decision, NoticeShown } from './decision.js';

export interface WantedDecision {
  readonly purpose: string;
  readonly decision: Decision;
  /** Only while this record is the one that holds: nobody decided in between. */
  readonly onlyIf?: string | undefined;
}

/** One person's decision about one or more purposes, from whichever channel. */
export interface DecisionCall extends AgeStatement {
  readonly id: string;
  readonly subject: { readonly identifiers: readonly Identifier[] } | { readonly ref: string };
  readonly decisions: readonly WantedDecision[] | 'withdraw_all';
  readonly notice?: NoticeShown | undefined;
  /** How it reached us: `api`, `web_form`, `kafka` … */
  readonly channel: string;
  readonly actor: string;
  readonly occurredAt?: string | undefined;
  /** How far that may be ahead of now for a yes to end a no, in milliseconds; a minute where left out. */
  readonly futureToleranceMs?: number | undefined;
  readonly cause: Cause;
  /** Where the person lives; the policy's default where left out. */
  readonly jurisdiction?: string | undefined;
  /** Cookies on this branded domain only. */
  readonly domain?: string | undefined;
  /** From which network, in CIDR notation, truncated. */
  readonly network?: string | undefined;
  readonly parentalConsent?: ParentalConsent | undefined;
  /** What else proves it; names nobody. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** What is so already is not written again: for signals that come with every page load, and for imports. */
  readonly onlyChanges?: boolean | undefined;
  /**
   * With `onlyChanges`, after how long a no that stands is taken down as said anew, in milliseconds; each time where left out,
   * as where a person repeats it: a yes that is older than the repetition then comes too late.
   */
  readonly repeatsAfterMs?: number | undefined;
}

export interface Recorded {
  readonly id: string;
  readonly ref: string;
  readonly records: readonly { readonly id: string; readonly purpose: string; readonly state: Decision }[];
  readonly dispatchIds: readonly string[];
}

export interface PreparedDecision {
  readonly id: string;
  readonly decision: Decision;
  readonly basis: Basis | null;
  readonly purpose: Purpose | undefined;
  readonly onlyIf: string | undefined;
}

export interface Prepared {
  readonly call: DecisionCall;
  readonly person: Person;
  readonly decisions: readonly PreparedDecision[];
  readonly noticeHash: string | undefined;
}

/** With the people whom it is about. */
export type Deciding = Prepared & { readonly refs: readonly string[] };

/** @throws HeedError what the policy refuses, or an identifier that is none */
export function prepare({ pack }: ActivePolicy, call: DecisionCall): Prepared {
  const wanted: readonly WantedDecision[] =
    call.decisions === 'withdraw_all' ? withdrawablePurposes(pack).map(({ id }) => ({ purpose: id, decision: 'withdrawn' })) : call.decisions;
  if (wanted.length === 0) throw refused('nothing_to_withdraw', 'No purpose of this policy rests on consent.');
  // First of all: an attempt at what is never allowed is evidence, whatever else is wrong with the call.
  const never = wanted.find(({ purpose, decision }) => decision === 'given' && neverPurposeOf(pack, purpose));
  if (never) decisionFor(pack, never, undefined);
  const decisions = wanted.map((one) => ({ ...decisionFor(pack, one, placeOf(call)), id: one.purpose, onlyIf: one.onlyIf }));
  const person = personIn(call.subject, pack.tenant.country?.value);
  const agreed = decisions.flatMap(({ id, decision }) => (decision === 'given' ? [id] : []));
  return { call, person, decisions, noticeHash: call.notice && checkNotice(pack, call.notice, agreed) };
}

/** To withdraw all is to withdraw consent wherever it is asked for: also where a place would call it an objection. */
const placeOf = (call: DecisionCall): string | undefined => (call.decisions === 'withdraw_all' ? undefined : call.jurisdiction);

/**
 * A no counts for everyone the identifiers lead to; a yes must mean one person.
 * @throws HeedError `subject_unknown`, `identity_ambiguous`
 */
export function refsOf(prepared: Prepared, resolved: Resolved | undefined): readonly string[] {
  if (!resolved) throw malformed('subject_unknown', 'There is no person with this ref; name them by identifiers.');
  if (resolved.aliases.length === 0) return [resolved.ref];
  if (prepared.decisions.some((d) => d.decision === 'given')) {
    throw refused('identity_ambiguous', 'These identifiers belong to different people; give consent for one of them.');
  }
  return [resolved.ref, ...resolved.aliases];
}
