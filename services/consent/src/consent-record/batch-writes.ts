import type { NewDispatch } from '@heed/fanout';
import { coarser, refused, uuidv7 } from '@heed/kernel';
import type { Cause, NewEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf, networkBitsOf } from '@heed/policy';
import type { BusinessCalendar } from '@heed/policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import type { ConsentRecord, PresentState, RaisedVersion } from './consent-record.store.js';
import type { Deciding, PreparedDecision } from './decision-call.js';
import { effectiveTime, hasExpired, isNo, isOpen, prevails } from './decision.js';
import type { Decision } from './decision.js';
import { PresentStates } from './present-states.js';
import { restate } from './restate.js';

/** What a batch writes, gathered before anything is written. */
export class BatchWrites {
  readonly records: ConsentRecord[] = [];
  readonly dispatches: NewDispatch[] = [];
  readonly causes = new Map<string, Cause>();
  readonly events: NewEvent<unknown>[] = [];
  /** When the stores must have answered. */
  readonly dueAt: Date;
  private readonly versions: Map<string, number>;
  private readonly calendar: BusinessCalendar;
  private readonly ends = new Map<string, Date>();

  constructor(
    private readonly policy: ActivePolicy,
    private readonly raised: ReadonlyMap<string, RaisedVersion>,
    readonly present: PresentStates,
    readonly now: Date,
  ) {
    this.calendar = calendarOf(policy.pack);
    this.dueAt = addDuration(now, policy.pack.operations.acknowledgementDue.value, this.calendar);
    this.versions = new Map([...raised].map(([ref, { version }]) => [ref, version]));
  }

  aliasesOf(ref: string): readonly string[] {
    return this.raised.get(ref)?.aliases ?? [];
  }

  /** Most calls of a batch say the same moment and the same validity, and a step in a calendar takes longer than all else here. */
  private after(from: Date, duration: string): Date {
    const key = `${from.getTime()} ${duration}`;
    const end = this.ends.get(key) ?? addDuration(from, duration, this.calendar);
    this.ends.set(key, end);
    return end;
  }

  nextVersion(ref: string): number {
    const version = (this.versions.get(ref) ?? 0) + 1;
    this.versions.set(ref, version);
    return version;
  }

  /** Identifiers that are new to somebody who had decided before: the stores are told of them too. */
  restate(tx: Tx, ref: string): void {
    const version = this.versions.get(ref);
    if (version === undefined) return;
    const said = new Set(this.dispatches.flatMap((dispatch) => (dispatch.ref === ref ? (dispatch.body['purposes'] as string[]) : [])));
    const before = this.present.decided(ref).filter((purpose) => !said.has(purpose));
    const cause = { type: 'identifiers_linked', id: ref };
    this.dispatches.push(...restate(tx, { ref, version, aliases: this.aliasesOf(ref), cause, dueAt: this.dueAt }, this.present.standing(ref, before, this.now)));
  }

  /** @returns what goes into the register; undefined where nothing is to be written */
  decide(
    { call, noticeHash }: Deciding, wanted: PreparedDecision, ref: string, version: number,
  ): { readonly id: string; readonly decision: Decision; readonly tookEffect: boolean } | undefined {
    const { now } = this;
    const domain = call.domain ?? '';
    const held = this.present.get(ref, wanted.id, domain);
    if (wanted.onlyIf !== undefined && held?.recordId !== wanted.onlyIf) return undefined;
    if (call.onlyChanges && this.present.isSettled({ ref, purpose: wanted.id, domain, decision: wanted.decision }, now)) {
      // Said again, so that a yes which is on its way and older than this no comes too late.
      if (held && isNo(wanted.decision)) this.present.move({ ...held, occurredAt: now });
      return undefined;
    }
    checkTakesBack(wanted, held);
    // Who never said yes has nothing to withdraw: a signal of theirs is a refusal.
    const decision = call.onlyChanges && wanted.decision === 'withdrawn' && (!held || isOpen(held.state)) ? 'refused' : wanted.decision;
    const occurredAt = effectiveTime(call.occurredAt, now);
    const everywhere = domain === '' ? undefined : this.present.get(ref, wanted.id, '');
    const tookEffect = prevails(decision, { at: call.occurredAt, received: now, toleranceMs: call.futureToleranceMs }, held, everywhere);
    const renews = decision === 'given' && tookEffect && held?.state === 'given' && !hasExpired(held, now);
    const validity = decision === 'given' ? wanted.purpose?.consentValidity?.value : undefined;
    const validUntil = validity === undefined ? null : this.after(occurredAt, validity);
    const id = uuidv7(now);
    const notice = call.notice && noticeHash ? { ...call.notice, hash: noticeHash } : undefined;
    this.records.push({
      id, ref, version, purpose: wanted.id, state: renews ? 'renewed_given' : decision, tookEffect, policyVersion: this.policy.version,
      method: call.channel, actor: call.actor, notice, occurredAt, recordedAt: now, jurisdiction: call.jurisdiction, basis: wanted.basis,
      validUntil, domain, network: call.network === undefined ? undefined : coarser(call.network, networkBitsOf(this.policy.pack)), detail: call.detail,
    });
    if (!tookEffect) return { id, decision, tookEffect };
    const state = {
      ref, purpose: wanted.id, state: decision, recordId: id, occurredAt: decision === 'given' ? occurredAt : now, validUntil,
      noticeId: notice?.id ?? null, noticeVersion: notice?.version ?? null,
    };
    this.present.move({ ...state, domain });
    // A no that was said without naming a domain is meant for all of them.
    if (isNo(decision) && domain === '') for (const other of this.present.onDomains(ref, wanted.id)) this.present.move({ ...state, domain: other.domain });
    return { id, decision, tookEffect };
  }
}

/** A legitimate interest needs no yes; only a no to it can be taken back, by whichever name it was said. */
function checkTakesBack({ id, decision, basis }: PreparedDecision, held: PresentState | undefined): void {
  if (decision !== 'given' || basis !== 'legitimate_interest' || (held && isNo(held.state))) return;
  throw refused('purpose_not_consent_based', `${id} rests on a legitimate interest, and nobody objected: there is nothing to give.`);
}
