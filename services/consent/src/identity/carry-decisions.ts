import { Fanout } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import { DISPATCH_PREFIX, newEvent, uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { appendRecords, presentStates } from '../consent-record/consent-record.store.js';
import type { ConsentRecord, PresentState } from '../consent-record/consent-record.store.js';
import { DECISION_EVENTS } from '../consent-record/decision-events.js';
import type { Decision } from '../consent-record/decision.js';
import { PresentStates } from '../consent-record/present-states.js';
import { restate } from '../consent-record/restate.js';
import { originalsOf } from './own-decisions.js';

/** A decision that counts for a ref under which it was not made. */
export interface Carried {
  readonly ref: string;
  /** The person's version that it gets. */
  readonly version: number;
  readonly as: Decision;
  /** What it was made as. */
  readonly from: PresentState;
}

/** What has been said already, and has to reach identifiers that are new to the person. */
export interface Restated {
  readonly ref: string;
  readonly version: number;
  readonly purposes: readonly string[] | 'all';
}

/** The change of identity that they follow from. */
export interface CarriedBy {
  readonly changeId: string;
  readonly channel: string;
  readonly actor: string;
  readonly cause: Cause;
  readonly aliases: readonly string[];
}

/**
 * Writes what a change of identity makes of decisions: into the register under the ref where it counts from now on, with the
 * record that it comes from, and to every store. The caller holds the people's locks.
 */
export class CarryDecisions {
  constructor(private readonly deps: { readonly policies: PolicyStore; readonly fanout: Fanout; readonly outbox: Outbox }) {}

  async write(tx: Tx, by: CarriedBy, carried: readonly Carried[], restated: readonly Restated[]): Promise<void> {
    const { policies, fanout } = this.deps;
    const policy = await policies.current(tx);
    const now = tx.clock.now();
    const originals = await originalsOf(tx, carried.map(({ from }) => from));
    const records = carried.map(({ ref, version, as, from }): ConsentRecord => {
      const before = originals.get(from.recordId);
      return {
        id: uuidv7(now), ref, version, purpose: from.purpose, state: as, tookEffect: true, policyVersion: policy.version, method: by.channel,
        actor: by.actor, notice: as === 'given' ? before?.notice : undefined, occurredAt: as === 'given' ? from.occurredAt : now, recordedAt: now,
        jurisdiction: before?.jurisdiction, basis: before?.basis ?? null, validUntil: as === 'given' ? from.validUntil : null, domain: from.domain,
        network: undefined, detail: { carriedFrom: from.recordId, changeId: by.changeId },
      };
    });
    await appendRecords(tx, records, records.map(presentOf));
    const dueAt = addDuration(now, policy.pack.operations.acknowledgementDue.value, calendarOf(policy.pack));
    const present = new PresentStates(await presentStates(tx, [...new Set([...records, ...restated].map(({ ref }) => ref))]));
    const told = this.tell(tx, by, records, dueAt, present);
    const again = restated.flatMap(({ ref, version, purposes }) => {
      const standing = present.standing(ref, purposes === 'all' ? present.decided(ref) : purposes, now);
      return restate(tx, { ref, version, aliases: by.aliases, cause: { type: 'identity_changed', id: by.changeId }, dueAt }, standing);
    });
    const dispatches = [...told, ...again];
    if (dispatches.length === 0) return;
    await fanout.open(tx, dispatches, new Map(dispatches.map(({ id }) => [id, by.cause])));
    await fanout.superseded(tx, dispatches.map((d) => ({ ref: d.ref, version: d.version, purposes: d.body['purposes'] as string[], by: d.id })));
  }

  /** One event and one dispatch for what is alike. */
  private tell(tx: Tx, by: CarriedBy, records: readonly ConsentRecord[], dueAt: Date, present: PresentStates): readonly NewDispatch[] {
    const alike = Map.groupBy(records, (r) => `${r.ref} ${r.state} ${r.occurredAt.getTime()} ${r.domain} ${present.isOn(r.ref, r.purpose, r.recordedAt)}`);
    return [...alike.values()].flatMap((own): readonly NewDispatch[] => {
      const [first] = own;
      const definition = first && first.state !== 'renewed_given' ? DECISION_EVENTS[first.state] : undefined;
      if (!first || !definition) return [];
      const { ref, version, state } = first;
      const purposes = [...new Set(own.map(({ purpose }) => purpose))];
      const id = `${DISPATCH_PREFIX.consent}_${uuidv7(tx.clock.now())}`;
      const data = {
        ref, version, channel: by.channel, occurredAt: first.occurredAt.toISOString(), recordedAt: first.recordedAt.toISOString(),
        records: own.map((record) => ({ id: record.id, purpose: record.purpose })), dispatchId: id,
      };
      this.deps.outbox.append([newEvent(definition, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause: by.cause, data })], tx);
      tx.record({ kind: `consent.${state}`, ref, data: { version, purposes, dispatchId: id, ...(first.domain ? { domain: first.domain } : {}) } });
      return [
        {
          // Stores know people and no domains: they are told what holds of the person as a whole.
          id, kind: present.isOn(ref, first.purpose, first.recordedAt) ? 'grant' : 'withdrawal', ref, version, aliases: by.aliases, cause: { type: `consent_${state}`, id: by.changeId },
          body: { purposes }, dueAt,
        },
      ];
    });
  }
}

const presentOf = ({ id, ref, purpose, domain, state, occurredAt, validUntil, notice }: ConsentRecord): PresentState => ({
  ref, purpose, domain, state: state === 'renewed_given' ? 'given' : state, recordId: id, occurredAt, validUntil,
  noticeId: notice?.id ?? null, noticeVersion: notice?.version ?? null,
});
