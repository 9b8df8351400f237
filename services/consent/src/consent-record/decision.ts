import { refused } from '@heed/kernel';
import { consentNoticeOf, neverPurposeOf, noticeHash, purposeOf, withdrawablePurposes } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

export type Decision = 'given' | 'refused' | 'withdrawn';

export interface NoticeShown {
  readonly id: string;
  readonly version: string;
  readonly language: string;
}

/** What the policy says no to: known purposes only, nothing that is never done, and consent only where consent is the basis. */
export function checkPurpose(pack: PolicyPack, purpose: string, decision: Decision): void {
  const never = neverPurposeOf(pack, purpose);
  if (never) {
    if (decision !== 'given') return; // refusing what is never done is true already
    throw refused('purpose_denied', `The policy never allows ${purpose}.`, [never.source].flat()[0]);
  }
  if (!purposeOf(pack, purpose)) throw refused('purpose_unknown', `The policy has no purpose ${purpose}; see GET /v1/purposes.`);
  if (!withdrawablePurposes(pack).some((p) => p.id === purpose)) {
    throw refused('purpose_not_consent_based', `${purpose} does not rest on consent, so there is nothing to give or withdraw.`);
  }
}

/** @returns the fingerprint of the words that were shown */
export function checkNotice(pack: PolicyPack, shown: NoticeShown): string {
  const notice = consentNoticeOf(pack, shown.id, shown.version);
  const hash = notice && noticeHash(notice, shown.language);
  if (!hash) throw refused('notice_unknown', `The policy has no notice ${shown.id} version ${shown.version} in ${shown.language}.`);
  return hash;
}

/** A reported time in the future counts as the time of receipt: nobody's clock can outrun a later withdrawal. */
export function effectiveTime(reported: string | undefined, received: Date): Date {
  if (!reported) return received;
  const at = new Date(reported);
  return at.getTime() > received.getTime() ? received : at;
}

/** A withdrawal or refusal always holds from its arrival; a grant only if it happened after the last no. Ties go to the no. */
export function takesEffect(decision: Decision, occurredAt: Date, present: { state: string; occurredAt: Date } | undefined): boolean {
  if (decision !== 'given' || !present || present.state === 'given') return true;
  return occurredAt.getTime() > present.occurredAt.getTime();
}
