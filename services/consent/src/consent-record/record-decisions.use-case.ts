import { Fanout } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import { DISPATCH_PREFIX, newEvent, refused, uuidv7 } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { ChildGuard, saysAge } from '../children/child-guard.js';
import { grantsOfChildren } from '../children/grants-of-children.js';
import type { PersonAge } from '../children/person-age.store.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { metAtOnce, SubjectStore } from '../subject/subject.store.js';
import { BatchWrites } from './batch-writes.js';
import { appendRecords, presentStates, raiseVersions } from './consent-record.store.js';
import type { PresentState, RaisedVersion } from './consent-record.store.js';
import { DECISION_EVENTS } from './decision-events.js';
import { effectiveTime } from './decision.js';
import type { Decision } from './decision.js';
import { prepare, refsOf } from './decision-call.js';
import type { Deciding, DecisionCall, PreparedDecision, Recorded } from './decision-call.js';
import { PresentStates } from './present-states.js';

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
    if (calls.length === 0) return [];
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
    const writes = new BatchWrites(policy, raised, present, tx.clock.now());
    const answers = people.map((one) => repeated.get(one) ?? this.decide(tx, this.children.allow<PreparedDecision, Deciding>(policy.pack, one, ages, writes.now), writes));
    const gained = [...new Set(resolved.flatMap((one) => (one?.gained ? [one.ref] : [])))];
    for (const ref of gained) writes.restate(tx, ref);
    await this.write(tx, writes, gained);
    if (children.length > 0) await this.record(tx, await grantsOfChildren(tx, policy.pack, children));
    return answers;
  }

  /** Calls that decided nothing made more identifiers known of these people: whoever follows the person hears of them. */
  async restate(tx: Tx, gained: readonly string[]): Promise<void> {
    if (gained.length === 0) return;
    const refs = [...new Set(gained)];
    const raised = await raiseVersions(tx, countOf(refs));
    const writes = new BatchWrites(await this.policies.current(tx), raised, new PresentStates(await presentStates(tx, refs)), tx.clock.now());
    for (const ref of refs) {
      writes.nextVersion(ref);
      writes.restate(tx, ref);
    }
    await this.write(tx, writes, refs);
  }

  private async write(tx: Tx, writes: BatchWrites, gained: readonly string[]): Promise<void> {
    await appendRecords(tx, writes.records, writes.present.changes);
    if (writes.dispatches.length > 0) {
      await this.fanout.open(tx, writes.dispatches, writes.causes);
      await this.fanout.superseded(tx, writes.dispatches.map((d) => ({ ref: d.ref, version: d.version, purposes: d.body['purposes'] as string[], by: d.id })));
      await this.fanout.takenOver(tx, writes.dispatches.flatMap(({ aliases = [], body }) => aliases.map((ref) => ({ ref, purposes: body['purposes'] as string[] }))));
    }
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
        const isSettled = (ref: string, { id, decision }: PreparedDecision): boolean => {
          const asked = { ref, purpose: id, domain, decision };
          return present.isSettled(asked, now) && !present.isStale(asked, now, call.repeatsAfterMs ?? 0);
        };
        if (!refs.every((ref) => decisions.every((d) => isSettled(ref, d)))) return [];
        const records = decisions.flatMap((d) => answerOf(d.id, present.get(refs[0] ?? '', d.id, domain)));
        return [[one, { id: call.id, ref: refs[0] ?? '', records, dispatchIds: [] }] as const];
      }),
    );
  }

  private decide(tx: Tx, one: Deciding, writes: BatchWrites): Recorded {
    const { call } = one;
    const records: Recorded['records'][number][] = [];
    const dispatchIds: string[] = [];
    for (const ref of one.refs) {
      const version = writes.nextVersion(ref);
      const effective: { readonly decision: Decision; readonly isOn: boolean; readonly id: string; readonly purpose: string }[] = [];
      for (const wanted of one.decisions) {
        const record = writes.decide(one, wanted, ref, version);
        if (record?.tookEffect) effective.push({ decision: record.decision, isOn: writes.present.isOn(ref, wanted.id, writes.now), id: record.id, purpose: wanted.id });
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
    tx: Tx, writes: BatchWrites, call: DecisionCall,
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
