import { consentGiven, consentRefused, consentWithdrawn, purposeDenied } from '@heed/contracts-consent';
import { Fanout } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import { DISPATCH_PREFIX, malformed, newEvent, refused, uuidv7 } from '@heed/kernel';
import type { Cause, Identifier, NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf, neverPurposeOf, withdrawablePurposes } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import { normalise } from '../subject/normalise.js';
import { metAtOnce, SubjectStore } from '../subject/subject.store.js';
import type { Person, Resolved } from '../subject/subject.store.js';
import { appendRecords, presentStates, raiseVersions } from './consent-record.store.js';
import type { ConsentRecord, PresentState, RaisedVersion } from './consent-record.store.js';
import { checkNotice, checkPurpose, effectiveTime, takesEffect } from './decision.js';
import type { Decision, NoticeShown } from './decision.js';

/** One person's decision about one or more purposes, from whichever channel. */
export interface DecisionCall {
  readonly id: string;
  readonly subject: { readonly identifiers: readonly Identifier[] } | { readonly ref: string };
  readonly decisions: readonly { readonly purpose: string; readonly decision: Decision }[] | 'withdraw_all';
  readonly notice?: NoticeShown | undefined;
  /** How it reached us: `api`, `web_form`, `kafka` … */
  readonly channel: string;
  readonly actor: string;
  readonly occurredAt?: string | undefined;
  readonly cause: Cause;
}

export interface Recorded {
  readonly id: string;
  readonly ref: string;
  readonly records: readonly { readonly id: string; readonly purpose: string; readonly state: Decision }[];
  readonly dispatchIds: readonly string[];
}

interface Prepared {
  readonly call: DecisionCall;
  readonly person: Person;
  readonly decisions: readonly { readonly purpose: string; readonly decision: Decision }[];
  readonly noticeHash: string | undefined;
}

const EVENT = { given: consentGiven, refused: consentRefused, withdrawn: consentWithdrawn } as const;

/**
 * Appends decisions to the register, raises the people's versions, and says what must be heeded, in the caller's
 * transaction. A batch of calls costs about as many statements as one call.
 */
export class RecordDecisions {
  constructor(
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
    private readonly fanout: Fanout,
    private readonly outbox: Outbox,
  ) {}

  /** @throws HeedError `purpose_denied`, `purpose_unknown`, `notice_unknown`, `identifier_invalid`, `subject_unknown` */
  async record(tx: Tx, calls: readonly DecisionCall[]): Promise<readonly Recorded[]> {
    const policy = await this.policies.current(tx);
    const prepared = calls.map((call) => prepare(policy, call));
    const resolved = await this.subjects.resolve(tx, prepared.map((p) => p.person));
    const people = prepared.map((p, i) => ({ ...p, refs: refsOf(p, resolved[i]) }));
    const refs = [...new Set(people.flatMap((p) => p.refs))];
    const raised = await raiseVersions(tx, countOf(people.flatMap((p) => p.refs)));
    for (const one of people) checkErased(one, raised);
    const versions = new Map([...raised].map(([ref, { version }]) => [ref, version]));
    const present = new Map((await presentStates(tx, refs)).map((state) => [`${state.ref} ${state.purpose}`, state]));

    const { pack } = policy;
    const writes = new Writes(addDuration(tx.clock.now(), pack.operations.acknowledgementDue.value, calendarOf(pack)));
    const answers = people.map((one) => this.decide(tx, policy, one, versions, present, writes));
    await appendRecords(tx, writes.records, [...writes.states.values()]);
    await this.fanout.open(tx, writes.dispatches, writes.causes);
    await this.fanout.superseded(tx, writes.dispatches.map((d) => ({ ref: d.ref, purposes: d.body['purposes'] as string[], by: d.id })));
    this.outbox.append(writes.events, tx);
    return answers;
  }

  /** Somebody tried to grant what the policy never allows: the attempt is evidence (G01). */
  async recordDenied(tx: Tx, call: DecisionCall): Promise<void> {
    if (call.decisions === 'withdraw_all') return;
    const { pack } = await this.policies.current(tx);
    for (const { purpose, decision } of call.decisions) {
      const never = neverPurposeOf(pack, purpose);
      if (!never || decision !== 'given') continue;
      const promise = [never.source].flat()[0] ?? 'operator_default';
      tx.record({ kind: 'purpose.denied', data: { purpose, promise, channel: call.channel, actor: call.actor } });
      const data = { purpose, promise, channel: call.channel };
      this.outbox.append([newEvent(purposeDenied, { source: '/heed/consent', tenant: tx.tenant, key: call.id, data, clock: tx.clock, cause: call.cause })], tx);
    }
  }

  private decide(
    tx: Tx,
    policy: ActivePolicy,
    one: Prepared & { readonly refs: readonly string[] },
    versions: Map<string, number>,
    present: Map<string, PresentState>,
    writes: Writes,
  ): Recorded {
    const { call } = one;
    const now = tx.clock.now();
    const occurredAt = effectiveTime(call.occurredAt, now);
    const answer: { id: string; purpose: string; state: Decision }[] = [];
    const dispatchIds: string[] = [];
    for (const ref of one.refs) {
      const version = (versions.get(ref) ?? 0) + 1;
      versions.set(ref, version);
      const effective = new Map<Decision, { id: string; purpose: string }[]>();
      for (const { purpose, decision } of one.decisions) {
        const key = `${ref} ${purpose}`;
        const tookEffect = takesEffect(decision, occurredAt, present.get(key));
        const id = uuidv7(now);
        writes.records.push({
          id, ref, version, purpose, state: decision, tookEffect, policyVersion: policy.version, method: call.channel, actor: call.actor,
          notice: call.notice && one.noticeHash ? { ...call.notice, hash: one.noticeHash } : undefined,
          occurredAt, recordedAt: now,
        });
        if (tookEffect) {
          const state: PresentState = { ref, purpose, state: decision, recordId: id, occurredAt: decision === 'given' ? occurredAt : now };
          present.set(key, state);
          writes.states.set(key, state);
          effective.set(decision, [...(effective.get(decision) ?? []), { id, purpose }]);
        }
        if (ref === one.refs[0]) answer.push({ id, purpose, state: present.get(key)?.state ?? decision });
      }
      for (const [decision, records] of effective) {
        const dispatch = this.dispatch(tx, writes.dueAt, call, ref, version, decision, records.map((r) => r.purpose));
        dispatchIds.push(dispatch.id);
        writes.dispatches.push(dispatch);
        writes.causes.set(dispatch.id, call.cause);
        writes.events.push(
          newEvent(EVENT[decision], {
            source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause: call.cause,
            data: {
              ref, version, channel: call.channel, occurredAt: occurredAt.toISOString(), recordedAt: now.toISOString(), records,
              dispatchId: dispatch.id,
            },
          }),
        );
        tx.record({ kind: `consent.${decision}`, ref, data: { version, purposes: records.map((r) => r.purpose), dispatchId: dispatch.id } });
      }
    }
    return { id: call.id, ref: one.refs[0] ?? '', records: answer, dispatchIds };
  }

  private dispatch(
    tx: Tx, dueAt: Date, call: DecisionCall, ref: string, version: number, decision: Decision, purposes: readonly string[],
  ): NewDispatch {
    const now = tx.clock.now();
    return {
      id: `${DISPATCH_PREFIX.consent}_${uuidv7(now)}`,
      kind: decision === 'given' ? 'grant' : 'withdrawal',
      ref,
      version,
      cause: { type: `consent_${decision}`, id: call.id },
      body: { purposes: [...purposes] },
      dueAt,
    };
  }
}

/** What a batch writes, gathered before anything is written. */
class Writes {
  readonly records: ConsentRecord[] = [];
  readonly states = new Map<string, PresentState>();
  readonly dispatches: NewDispatch[] = [];
  readonly causes = new Map<string, Cause>();
  readonly events: NewEvent<unknown>[] = [];

  /** @param dueAt when the stores must have answered */
  constructor(readonly dueAt: Date) {}
}

function prepare(policy: ActivePolicy, call: DecisionCall): Prepared {
  const { pack } = policy;
  const decisions =
    call.decisions === 'withdraw_all'
      ? withdrawablePurposes(pack).map((purpose) => ({ purpose: purpose.id, decision: 'withdrawn' as const }))
      : call.decisions;
  if (decisions.length === 0) throw refused('nothing_to_withdraw', 'No purpose of this policy rests on consent.');
  for (const { purpose, decision } of decisions) checkPurpose(pack, purpose, decision);
  const person: Person =
    'ref' in call.subject
      ? call.subject
      : { identifiers: call.subject.identifiers.map((identifier) => normalise(identifier, pack.tenant.country?.value)) };
  return { call, person, decisions, noticeHash: call.notice && checkNotice(pack, call.notice) };
}

/** A no counts for everyone the identifiers lead to; a yes must mean one person. */
function refsOf(prepared: Prepared, resolved: Resolved | undefined): readonly string[] {
  if (!resolved) throw malformed('subject_unknown', 'There is no person with this ref; name them by identifiers.');
  if (resolved.aliases.length === 0) return [resolved.ref];
  if (prepared.decisions.some((d) => d.decision === 'given')) {
    throw refused('identity_ambiguous', 'These identifiers belong to different people; give consent for one of them.');
  }
  return [resolved.ref, ...resolved.aliases];
}

/**
 * Identifiers that led to somebody who was erased between the look and the lock lead to nobody now: looked at again. By ref
 * a no is still taken down, and its dispatch says that nobody can be named; a yes would be nobody's.
 */
function checkErased({ call, refs, decisions }: Prepared & { readonly refs: readonly string[] }, raised: ReadonlyMap<string, RaisedVersion>): void {
  if (!refs.some((ref) => raised.get(ref)?.erased)) return;
  if (!('ref' in call.subject)) throw metAtOnce();
  if (decisions.some((d) => d.decision === 'given')) throw refused('subject_erased', 'This person was erased; name them by identifiers to begin anew.');
}

function countOf(refs: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ref of refs) counts.set(ref, (counts.get(ref) ?? 0) + 1);
  return counts;
}
