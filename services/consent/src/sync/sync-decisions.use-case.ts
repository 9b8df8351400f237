import type { Call } from '@heed/http';
import { isHeedError, uuidv7 } from '@heed/kernel';
import type { HeedError } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { presentStates } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { isOpen } from '../consent-record/decision.js';
import type { DecisionCall, Recorded } from '../consent-record/decision-call.js';
import { DeniedPurposes, grantedIn } from '../consent-record/denied-purposes.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { metAgain } from '../subject/met-at-once.js';
import type { SyncItem, SyncResult } from './sync.body.js';
import { keepTaken, named, takenBefore } from './synced-decision.store.js';
import type { NamedItem, Synced } from './synced-decision.store.js';

/** Items that share a transaction. */
const CHUNK = 100;

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly decisions: RecordDecisions;
  readonly denied: DeniedPurposes;
}

type Batch = { readonly call: Call; readonly source: string; readonly items: readonly NamedItem[] };

/** Takes over what people decided in another system. Each decision counts once, and its source's clock never beats a no here. */
export class SyncDecisions {
  constructor(private readonly deps: Deps) {}

  /** One result for each item, in their order; what is refused leaves the others alone. */
  async sync(call: Call, source: string, items: readonly SyncItem[]): Promise<readonly SyncResult[]> {
    const results: SyncResult[] = [];
    for (let at = 0; at < items.length; at += CHUNK) {
      const chunk = items.slice(at, at + CHUNK).map((item) => named(item, call.fingerprint));
      results.push(...(await this.take({ call, source, items: chunk })));
    }
    return results;
  }

  private async take(batch: Batch): Promise<readonly SyncResult[]> {
    const { call, items } = batch;
    try {
      return await metAgain(() => this.deps.unitOfWork.run(call.tenant, (tx) => this.record(tx, batch), { cause: call.cause }));
    } catch (error) {
      if (!isHeedError(error) || (error.kind !== 'refused' && error.kind !== 'malformed')) throw error;
      if (items.length > 1) return this.halves(batch);
      return items.map((item) => refusal(item, error)).concat(await this.evidence(batch, error));
    }
  }

  private async halves({ items, ...rest }: Batch): Promise<readonly SyncResult[]> {
    const middle = Math.ceil(items.length / 2);
    return [...(await this.take({ ...rest, items: items.slice(0, middle) })), ...(await this.take({ ...rest, items: items.slice(middle) }))];
  }

  private async record(tx: Tx, { call, source, items }: Batch): Promise<readonly SyncResult[]> {
    const before = await takenBefore(tx, source, items);
    const first = new Map<string, NamedItem>();
    for (const item of items) if (!before.has(item.name) && !first.has(item.name)) first.set(item.name, item);
    const fresh = [...first.values()];
    const recorded = await this.deps.decisions.record(tx, fresh.map((item) => callOf(item, { call, source, now: tx.clock.now() })));
    const taken = fresh.map((item, i) => ({ item, ref: recorded[i]!.ref, recordId: recorded[i]!.records[0]?.id ?? null }));
    await keepTaken(tx, source, taken);
    const answers = new Map(fresh.map((item, i) => [item, answerOf(item, recorded[i]!)]));
    const known = new Map<string, Synced>([...before, ...taken.map(({ item, ref, recordId }) => [item.name, { fingerprint: item.said, ref, recordId }] as const)]);
    const repeated = items.filter((item) => !answers.has(item));
    const states = await presentStates(tx, [...new Set(repeated.flatMap((item) => known.get(item.name)?.ref ?? []))]);
    return items.map((item) => answers.get(item) ?? duplicate(item, known.get(item.name)!, states));
  }

  /** An attempt at what the policy never allows leaves a trace, although nothing else of the item does. */
  private async evidence({ call, items }: Batch, error: HeedError): Promise<readonly never[]> {
    if (error.code !== 'purpose_denied') return [];
    const attempt = { id: uuidv7(), purposes: grantedIn(items), channel: 'sync', actor: call.actor, cause: call.cause };
    await this.deps.unitOfWork.run(call.tenant, (tx) => this.deps.denied.record(tx, attempt)).catch(() => undefined); // the refusal stands either way
    return [];
  }
}

/** What has yet to happen was said by a clock that is wrong, and nobody knows by how much: a yes of it ends nothing, however near it is. */
function callOf(item: SyncItem, { call: { actor, cause }, source, now }: { readonly call: Call; readonly source: string; readonly now: Date }): DecisionCall {
  const { subject, purpose, decision, occurredAt, jurisdiction } = item;
  const detail = { source, ...(Date.parse(occurredAt) > now.getTime() ? { reportedAt: occurredAt } : {}) };
  return { id: uuidv7(), subject, decisions: [{ purpose, decision }], channel: 'sync', actor, occurredAt, futureToleranceMs: 0, jurisdiction, cause, detail };
}

function answerOf(item: SyncItem, { ref, records, dispatchIds }: Recorded): SyncResult {
  const [record] = records;
  const state = record?.state ?? null;
  const unchanged = item.decision === 'given' && state !== 'given' ? 'without_effect' : 'unchanged';
  return { externalId: item.externalId, outcome: dispatchIds.length > 0 ? 'recorded' : unchanged, ref, recordId: record?.id ?? null, state };
}

function duplicate(item: NamedItem, known: Synced, states: readonly PresentState[]): SyncResult {
  const { externalId } = item;
  if (!known.fingerprint.equals(item.said)) {
    const detail = 'This source has named another decision so before; a decision that changed is a new one, with a name of its own.';
    return { externalId, outcome: 'refused', ref: null, recordId: null, state: null, code: 'external_id_reused', detail };
  }
  const held = states.find((state) => state.ref === known.ref && state.purpose === item.purpose && state.domain === '' && !isOpen(state.state));
  return { externalId, outcome: 'duplicate', ref: known.ref || null, recordId: known.recordId, state: held?.state ?? null };
}

function refusal({ externalId }: SyncItem, error: HeedError): SyncResult {
  return {
    externalId, outcome: 'refused', ref: null, recordId: null, state: null, code: error.code, detail: error.message, ...(error.promise ? { promise: error.promise } : {}),
  };
}
