import { refused } from '@heed/kernel';
import { basisOf, consentNoticeOf, resolveJurisdiction, neverPurposeOf, noticeHash, purposeOf } from '@heed/policy';
import type { Basis, PolicyPack, Purpose } from '@heed/policy';

/** What a person decided, or what became of it. ISO/IEC TS 27560, with `objected` (GDPR 21) beside it. */
export const DECISIONS = ['given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated', 'requested', 'request_deferred'] as const;
export type Decision = (typeof DECISIONS)[number];

/** As the register has it: a yes over a yes that holds renews it. */
export const RECORDED_STATES = [...DECISIONS, 'renewed_given'] as const;
export type RecordedState = (typeof RECORDED_STATES)[number];

/** What the person said themselves; it stands whatever an older yes says. */
const NO = new Set<Decision>(['refused', 'withdrawn', 'objected']);
/** A yes that ended without the person. */
const ENDED = new Set<Decision>(['expired', 'invalidated', 'terminated']);

export const isNo = (decision: Decision): boolean => NO.has(decision);
/** Asked, or put off: the person has not decided. */
export const isOpen = (decision: Decision): boolean => !NO.has(decision) && !ENDED.has(decision) && decision !== 'given';
/** A no, or a yes that ended: nothing may be done, and whoever did it has to know. */
export const isOff = (decision: Decision | undefined): boolean => decision !== undefined && decision !== 'given' && !isOpen(decision);

export interface NoticeShown {
  readonly id: string;
  readonly version: string;
  readonly language: string;
}

/** What holds for one purpose now, on one domain (`''`: everywhere). */
export interface Held {
  readonly state: Decision;
  readonly occurredAt: Date;
  readonly validUntil: Date | null;
}

/**
 * The decision as it is recorded, where the policy has one for that purpose and place: saying no to a legitimate interest is
 * an objection (GDPR 21); what rests on a contract or a law is nobody's to give or take back.
 * @throws HeedError `purpose_denied` with the promise, `purpose_unknown`, `jurisdiction_unknown`, `purpose_not_consent_based`
 * @example decisionFor(ahurasense, { purpose: 'analytics', decision: 'withdrawn' }, 'EU').decision // 'objected'
 */
export function decisionFor(
  pack: PolicyPack, { purpose: id, decision }: { readonly purpose: string; readonly decision: Decision }, place: string | undefined,
): { readonly decision: Decision; readonly basis: Basis | null; readonly purpose: Purpose | undefined } {
  if (ENDED.has(decision)) {
    // What ends a yes is no decision of the person's: it ends also what the policy does not know any more.
    const purpose = purposeOf(pack, id);
    return { decision, basis: (purpose && basisOf(pack, purpose, place)?.basis) ?? null, purpose };
  }
  const never = neverPurposeOf(pack, id);
  if (never) {
    if (decision !== 'given') return { decision, basis: null, purpose: undefined }; // refusing what is never done is true already
    throw refused('purpose_denied', `The policy never allows ${id}.`, [never.source].flat()[0]);
  }
  const purpose = purposeOf(pack, id);
  if (!purpose) throw refused('purpose_unknown', `The policy has no purpose ${id}; see GET /v1/purposes.`);
  if (place !== undefined && resolveJurisdiction(pack, place) === undefined) {
    throw refused('jurisdiction_unknown', `The policy knows no jurisdiction ${place}; it knows ${pack.jurisdictions.list.map((one) => one.id).join(', ')}.`);
  }
  const here = basisOf(pack, purpose, place)?.basis ?? null;
  const bases: readonly (Basis | null)[] = place === undefined ? Object.values(purpose.bases).map((one) => one.basis) : [here];
  if (bases.includes('consent')) return { decision, basis: here, purpose };
  if (!bases.includes('legitimate_interest')) {
    throw refused('purpose_not_consent_based', `${id} does not rest on consent, so there is nothing to give or withdraw.`);
  }
  return { decision: NO.has(decision) ? 'objected' : decision, basis: 'legitimate_interest', purpose };
}

/**
 * One notice asks about its own purposes only: a yes to it is none to another (AJU-15).
 * @returns the fingerprint of the words that were shown
 * @throws HeedError `notice_unknown`, `notice_for_other_purpose`
 */
export function checkNotice(pack: PolicyPack, shown: NoticeShown, agreed: readonly string[]): string {
  const notice = consentNoticeOf(pack, shown.id, shown.version);
  const hash = notice && noticeHash(notice, shown.language);
  if (!hash) throw refused('notice_unknown', `The policy has no notice ${shown.id} version ${shown.version} in ${shown.language}.`);
  const other = agreed.find((purpose) => !notice.purposes.includes(purpose));
  if (other) throw refused('notice_for_other_purpose', `Notice ${shown.id} asks about ${notice.purposes.join(', ')}, not about ${other}.`);
  return hash;
}

/** A reported time in the future counts as the time of receipt: nobody's clock can outrun a later withdrawal. */
export function effectiveTime(reported: string | undefined, received: Date): Date {
  if (!reported) return received;
  const at = new Date(reported);
  return at.getTime() > received.getTime() ? received : at;
}

/** When something is said to have happened, and how far that can be believed. */
export interface Reported {
  readonly at: string | undefined;
  readonly received: Date;
  /** A clock that is further ahead than this, in milliseconds, cannot be ordered with anything; a minute where left out. */
  readonly toleranceMs?: number | undefined;
}

const TOLERANCE_MS = 60_000;

/** A yes from so far in the future that nobody knows when it happened: it may be older than whatever ended the last, and ties go to the no. */
const cannotBeOrdered = ({ at, received, toleranceMs = TOLERANCE_MS }: Reported): boolean => at !== undefined && new Date(at).getTime() - received.getTime() > toleranceMs;

/** A no always holds from its arrival; a yes only if it happened after the last no, or after the yes that holds. Ties go to the no. */
export function takesEffect(decision: Decision, occurredAt: Date, held: Held | undefined): boolean {
  if (NO.has(decision)) return true;
  if (ENDED.has(decision)) return held?.state === 'given';
  if (decision !== 'given') return !held || isOpen(held.state);
  if (!held || isOpen(held.state)) return true;
  return held.state === 'given' ? occurredAt >= held.occurredAt : occurredAt > held.occurredAt;
}

/**
 * Whether a decision changes what holds for a purpose on a domain, by the time that was reported of it.
 * @param everywhere what holds on no domain in particular: a no that named none stands for all of them
 * @example prevails('given', { at: '2026-11-21T12:00:00Z', received: new Date('2026-11-21T10:00:00Z') }, withdrawn) // false: two hours ahead
 */
export function prevails(decision: Decision, reported: Reported, held: Held | undefined, everywhere?: Held): boolean {
  const occurredAt = effectiveTime(reported.at, reported.received);
  if (!takesEffect(decision, occurredAt, held)) return false;
  const no = everywhere && isNo(everywhere.state) ? everywhere : undefined;
  if (decision !== 'given' || !(isOff(held?.state) || no)) return true;
  return !cannotBeOrdered(reported) && (no === undefined || occurredAt > no.occurredAt);
}

/** It is so already: a repetition that need not be written once more. */
export function changesNothing(decision: Decision, held: Held | undefined, now: Date): boolean {
  if (NO.has(decision)) return held !== undefined && NO.has(held.state);
  if (decision === 'given') return held?.state === 'given' && !hasExpired(held, now);
  return ENDED.has(decision) ? held?.state !== 'given' : held?.state === decision;
}

/** A yes is over when its time has passed, whether or not that was recorded yet. */
export const hasExpired = (held: { readonly validUntil: Date | null }, now: Date): boolean => held.validUntil !== null && held.validUntil <= now;
