import { Fanout } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import { coarser, DISPATCH_PREFIX, newEvent, refused, uuidv7 } from '@heed/kernel';
import type { Cause, NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf, networkBitsOf } from '@heed/policy';
import type { BusinessCalendar } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import { ChildGuard, saysAge } from '../children/child-guard.js';
import { grantsOfChildren } from '../children/grants-of-children.js';
import type { PersonAge } from '../children/person-age.store.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { metAtOnce, SubjectStore } from '../subject/subject.store.js';
import { appendRecords, presentStates, raiseVersions } from './consent-record.store.js';
import type { ConsentRecord, PresentState, RaisedVersion } from './consent-record.store.js';
import { DECISION_EVENTS } from './decision-events.js';
import { effectiveTime, hasExpired, isNo, isOpen, prevails, SIGNAL_REPEATS_MS } from './decision.js';
import type { Decision } from './decision.js';
import { prepare, refsOf } from './decision-call.js';
import type { DecisionCall, Prepared, PreparedDecision, Recorded } from './decision-call.js';
import { PresentStates } from './present-states.js';

type Deciding = Prepared & { readonly refs: readonly string[] };

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
    private readonly feed: ConsentStateFeed,
    private readonly children: ChildGuard,
  ) {}

  /**
   * @throws HeedError `purpose_denied`, `purpose_unknown`, `purpose_not_consent_based`, `jurisdiction_unknown`, `notice_unknown`,
   * `notice_for_other_purpose`, `identifier_invalid`, `subject_unknown`, `identity_ambiguous`, `subject_erased`,
   * `child_refused`, `parental_consent_missing`
   */
  async record(tx: Tx, calls: readonly DecisionCall[]): Promise<readonly Recorded[]> {
    const policy = await this.policies.current(tx);
    const prepared = calls.map((call) => prepare(policy, call));
    const resolved = await this.subjects.resolve(tx, prepared.map((p) => p.person));
    const people = prepared.map((p, i) => ({ ...p, refs: refsOf(p, resolved[i]) }));
    const repeated = await this.repeated(tx, people.filter((_, i) => !resolved[i]?.gained));
    const deciding = people.filter((one) => !repeated.has(one));
    const raised = await raiseVersions(tx, countOf(deciding.flatMap((p) => p.refs)));
    for (const one of deciding) checkThemselves(one, raised);
    const ages = new Map<string, PersonAge>([...raised].flatMap(([ref, { age }]) => (age ? [[ref, age] as const] : [])));
    const living = deciding.filter(({ refs }) => !refs.some((ref) => raised.get(ref)?.erased)); // of who was erased no age is kept
    const children = await this.children.learn(tx, policy.pack, living, ages);
    const present = new PresentStates(await presentStates(tx, [...raised.keys()]));
    const writes = new Writes(policy, raised, present, tx.clock.now());
    const answers = people.map((one) => repeated.get(one) ?? this.decide(tx, this.children.allow<PreparedDecision, Deciding>(policy.pack, one, ages, writes.now), writes));
    const gained = [...new Set(resolved.flatMap((one) => (one?.gained ? [one.ref] : [])))];
    for (const ref of gained) writes.restate(ref);
    await this.write(tx, writes, gained);
    if (children.length > 0) await this.record(tx, await grantsOfChildren(tx, policy.pack, children));
    return answers;
  }

  /** Calls that decided nothing made more identifiers known of these people: whoever follows the person hears of them. */
  async restate(tx: Tx, gained: readonly string[]): Promise<void> {
    if (gained.length === 0) return;
    const refs = [...new Set(gained)];
    const raised = await raiseVersions(tx, countOf(refs));
    const writes = new Writes(await this.policies.current(tx), raised, new PresentStates(await presentStates(tx, refs)), tx.clock.now());
    for (const ref of refs) {
      writes.nextVersion(ref);
      writes.restate(ref);
    }
    await this.write(tx, writes, refs);
  }

  private async write(tx: Tx, writes: Writes, gained: readonly string[]): Promise<void> {
    await appendRecords(tx, writes.records, writes.present.changes);
    await this.fanout.open(tx, writes.dispatches, writes.causes);
    await this.fanout.superseded(tx, writes.dispatches.map((d) => ({ ref: d.ref, purposes: d.body['purposes'] as string[], by: d.id })));
    await this.fanout.takenOver(tx, writes.dispatches.flatMap(({ aliases = [], body }) => aliases.map((ref) => ({ ref, purposes: body['purposes'] as string[] }))));
    this.outbox.append(writes.events, tx);
    await this.feed.changed(tx, [...writes.records.map(({ ref }) => ref), ...gained].flatMap((ref) => [ref, ...writes.aliasesOf(ref)]));
  }

  /** Calls that only want changes and find everything as they want it: they lock nobody and write nothing. */
  private async repeated(tx: Tx, people: readonly Deciding[]): Promise<ReadonlyMap<Deciding, Recorded>> {
    const asking = people.filter((one) => one.call.onlyChanges && !saysAge(one.call));
    if (asking.length === 0) return new Map();
    const [now, present] = [tx.clock.now(), new PresentStates(await presentStates(tx, [...new Set(asking.flatMap((one) => one.refs))]))];
    return new Map(
      asking.flatMap((one) => {
        const { refs, call, decisions } = one;
        const domain = call.domain ?? '';
        const repeats = call.channel === 'gpc' ? SIGNAL_REPEATS_MS : 0;
        const isSettled = (ref: string, { id, decision }: PreparedDecision): boolean => {
          const asked = { ref, purpose: id, domain, decision };
          return present.isSettled(asked, now) && !present.isStale(asked, now, repeats);
        };
        if (!refs.every((ref) => decisions.every((d) => isSettled(ref, d)))) return [];
        const records = decisions.flatMap((d) => answerOf(d.id, present.get(refs[0] ?? '', d.id, domain)));
        return [[one, { id: call.id, ref: refs[0] ?? '', records, dispatchIds: [] }] as const];
      }),
    );
  }

  private decide(tx: Tx, one: Deciding, writes: Writes): Recorded {
    const { call } = one;
    const records: Recorded['records'][number][] = [];
    const dispatchIds: string[] = [];
    for (const ref of one.refs) {
      const version = writes.nextVersion(ref);
      const effective: { readonly decision: Decision; readonly isOn: boolean; readonly id: string; readonly purpose: string }[] = [];
      for (const wanted of one.decisions) {
        const record = writes.decide(one, wanted, ref, version);
        if (record?.tookEffect) effective.push({ decision: record.decision, isOn: writes.present.isOn(ref, wanted.id), id: record.id, purpose: wanted.id });
        const held = writes.present.get(ref, wanted.id, call.domain ?? '');
        if (ref === one.refs[0]) records.push(...(record ? [{ id: record.id, purpose: wanted.id, state: held?.state ?? record.decision }] : answerOf(wanted.id, held)));
      }
      for (const [first, ...more] of Map.groupBy(effective, ({ decision, isOn }) => `${decision} ${isOn}`).values()) {
        if (!first) continue;
        const records = [first, ...more].map(({ id, purpose }) => ({ id, purpose }));
        const dispatchId = this.say(tx, writes, call, { ref, version, decision: first.decision, isOn: first.isOn, records });
        if (dispatchId) dispatchIds.push(dispatchId);
      }
    }
    return { id: call.id, ref: one.refs[0] ?? '', records, dispatchIds };
  }

  /** @returns the dispatch that tells the stores, where they have to know */
  private say(
    tx: Tx, writes: Writes, call: DecisionCall,
    said: { readonly ref: string; readonly version: number; readonly decision: Decision; readonly isOn: boolean; readonly records: readonly { id: string; purpose: string }[] },
  ): string | undefined {
    const { ref, version, decision, isOn, records } = said;
    const purposes = records.map((r) => r.purpose);
    const definition = DECISION_EVENTS[decision];
    const where = whereOf(call);
    if (!definition) {
      tx.record({ kind: `consent.${decision}`, ref, data: { version, purposes, ...where } });
      return undefined;
    }
    const dispatch: NewDispatch = {
      // Stores know people and no domains: they are told what holds of the person as a whole.
      id: `${DISPATCH_PREFIX.consent}_${uuidv7(writes.now)}`, kind: isOn ? 'grant' : 'withdrawal', ref, version,
      aliases: writes.aliasesOf(ref), cause: { type: `consent_${decision}`, id: call.id }, body: { purposes }, dueAt: writes.dueAt,
    };
    writes.dispatches.push(dispatch);
    writes.causes.set(dispatch.id, call.cause);
    const occurredAt = effectiveTime(call.occurredAt, writes.now).toISOString();
    const data = { ref, version, channel: call.channel, occurredAt, recordedAt: writes.now.toISOString(), records: [...records], dispatchId: dispatch.id };
    writes.events.push(newEvent(definition, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause: call.cause, data }));
    tx.record({ kind: `consent.${decision}`, ref, data: { version, purposes, dispatchId: dispatch.id, ...where } });
    return dispatch.id;
  }
}

/** Without it a register that is put together again from the ledger would have a choice for one domain count on all. */
const whereOf = ({ domain, jurisdiction }: DecisionCall): object => ({ ...(domain ? { domain } : {}), ...(jurisdiction ? { jurisdiction } : {}) });

/** What a batch writes, gathered before anything is written. */
class Writes {
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
  restate(ref: string): void {
    const version = this.versions.get(ref);
    const before = this.present.of(ref).filter((held) => !isOpen(held.state) && !hasExpired(held, this.now) && !this.records.some((r) => r.id === held.recordId));
    if (version === undefined) return;
    const off = new Set(before.flatMap(({ state, purpose }) => (state === 'given' ? [] : [purpose])));
    const on = new Set(before.flatMap(({ state, purpose }) => (state === 'given' && !off.has(purpose) ? [purpose] : [])));
    for (const [kind, purposes] of [['withdrawal', off], ['grant', on]] as const) {
      if (purposes.size === 0) continue;
      this.dispatches.push({
        id: `${DISPATCH_PREFIX.consent}_${uuidv7(this.now)}`, kind, ref, version, aliases: this.aliasesOf(ref),
        cause: { type: 'identifiers_linked', id: ref }, body: { purposes: [...purposes] }, dueAt: this.dueAt,
      });
    }
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
    const tookEffect = prevails(decision, call.occurredAt, now, held, everywhere);
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

const answerOf = (purpose: string, held: PresentState | undefined): Recorded['records'] => (held ? [{ id: held.recordId, purpose, state: held.state }] : []);

/**
 * Who was merged with somebody else between the look and the lock is looked up again. So are identifiers that led to somebody
 * who was erased meanwhile: they lead to nobody now. By ref a no is still taken down, and its dispatch says that nobody can
 * be named; a yes would be nobody's.
 */
function checkThemselves({ call, refs, decisions }: Deciding, raised: ReadonlyMap<string, RaisedVersion>): void {
  if (refs.some((ref) => raised.get(ref)?.merged)) throw metAtOnce();
  if (!refs.some((ref) => raised.get(ref)?.erased)) return;
  if (!('ref' in call.subject)) throw metAtOnce();
  if (decisions.some((d) => d.decision === 'given')) throw refused('subject_erased', 'This person was erased; name them by identifiers to begin anew.');
}

function countOf(refs: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ref of refs) counts.set(ref, (counts.get(ref) ?? 0) + 1);
  return counts;
}
