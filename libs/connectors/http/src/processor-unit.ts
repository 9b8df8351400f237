import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ErasureResult,
  ErasureTarget,
  HoldPlacement,
  HoldResult,
  JournalEntry,
  Progress,
  PurposeChange,
  PurposeResult,
  Selection,
  Verification,
  WorkUnit,
} from '@heed/connector-spi';
import { mergeEvidence } from '@heed/connector-spi';
import type { ProcessorDataMap } from '@heed/contracts-subprocessor-registry';
import { conflict, derivedId } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { concurrently } from './concurrently.js';
import { tellConsent } from './consent-webhook.js';
import type { ConsentWebhookOptions } from './consent-webhook.js';
import type { JournalDatabase } from './journal/database.js';
import type { Journal } from './journal/journal.js';
import type { Marks } from './journal/marks.js';
import type { OpenDsrClient } from './opendsr/client.js';
import type { RequestStatus } from './opendsr/documents.js';
import type { Wire } from './wire.js';

/** Calls to one processor at a time. */
export const AT_ONCE = 16;
/** What a processor holds has no table names that we could know. */
const PLACE = 'processor';
/** Most processors answer within a moment; who does not is asked again later. */
const PATIENCE_MS: readonly number[] = [5, 15, 40, 100, 250, 500];

export interface ProcessorUnitOptions {
  readonly map: ProcessorDataMap;
  readonly wire: Wire;
  readonly client: OpenDsrClient;
  readonly webhook: ConsentWebhookOptions;
  readonly journal: Journal;
  readonly marks: Marks;
  readonly claims: { take(selection: Selection): JournalEntry[]; later(dispatchId: string): void };
  /** Access requests that the processor has not finished, by dispatch. */
  readonly looking: Map<string, string>;
}

/**
 * A unit of work over a processor: calls are made at once and can be repeated without harm, notes of them are written
 * together at its end.
 */
export class ProcessorUnit implements WorkUnit {
  private readonly writes: (() => void)[] = [];

  constructor(private readonly options: ProcessorUnitOptions) {}

  /** Writes what was noted, in one transaction of the journal; a unit that found nothing to do costs no write. */
  commit(db: JournalDatabase): void {
    if (this.writes.length === 0) return;
    db.transaction(() => {
      for (const write of this.writes) write();
    });
  }

  pick(selection: Selection): Promise<readonly JournalEntry[]> {
    return Promise.resolve(this.options.claims.take(selection));
  }

  applyPurposes(changes: readonly PurposeChange[]): Promise<readonly PurposeResult[]> {
    const { map, marks, webhook, wire } = this.options;
    return concurrently(changes, AT_ONCE, async (change) => {
      const mapped = [...new Set(change.purposes)].filter((purpose) => map.purposes.includes(purpose));
      const purposes = marks.current(change, mapped);
      const person = { ...change, identifiers: this.usable(change.identifiers) };
      const reachable = purposes.length > 0 && person.identifiers.length > 0;
      const rows = reachable ? await tellConsent(wire, webhook, person, purposes) : 0;
      this.writes.push(() => marks.keepVersions(change, purposes));
      const tables = mapped.length > 0 ? [{ table: PLACE, rows, residue: 0, kept: [] }] : [];
      return { dispatchId: change.dispatchId, superseded: mapped.length > 0 && purposes.length === 0, tables };
    });
  }

  placeHolds(holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]> {
    const { marks } = this.options;
    for (const hold of holds) this.writes.push(() => marks.place(hold));
    return Promise.resolve(holds.map((hold) => marks.look(hold)));
  }

  releaseHolds(holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]> {
    const { marks } = this.options;
    for (const hold of holds) this.writes.push(() => marks.release(hold));
    return Promise.resolve(holds.map((hold) => ({ dispatchId: hold.dispatchId, superseded: false, alreadyErased: false })));
  }

  held(people: readonly { readonly dispatchId: string; readonly refs: readonly string[] }[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(people.filter((person) => this.options.marks.isHeld(person.refs)).map((person) => person.dispatchId)));
  }

  eraseBatch(targets: readonly ErasureTarget[]): Promise<readonly ErasureResult[]> {
    return concurrently(targets, AT_ONCE, async (target) => {
      const { dispatchId, trail } = target;
      const identifiers = this.usable(target.identifiers);
      const found = (rows: number) => mergeEvidence(target.tables, [{ table: PLACE, rows, residue: 0, kept: [] }]);
      if (identifiers.length === 0) return { dispatchId, complete: true, large: false, tables: found(0), trail };
      // The id comes from the delivery, so that a request sent just before a crash is found again and not made twice.
      const answer = await this.ask('erasure', erasureRequestId(target.commandId), identifiers);
      const complete = answer.request_status === 'completed';
      if (!complete) this.options.claims.later(dispatchId);
      return { dispatchId, complete, large: false, tables: complete ? found(answer.results_count ?? 0) : target.tables, trail };
    });
  }

  async verifyBatch(targets: readonly ErasureTarget[]): Promise<readonly Verification[]> {
    const read = targets.length > 0 && (await this.options.client.supports('access'));
    return concurrently(targets, AT_ONCE, async (target): Promise<Verification> => {
      const { dispatchId, tables } = target;
      const identifiers = this.usable(target.identifiers);
      if (!read || identifiers.length === 0) return { dispatchId, tables, read };
      const { looking } = this.options;
      const id = looking.get(dispatchId) ?? randomUUID();
      const answer = await this.ask('access', id, identifiers);
      if (answer.request_status !== 'completed' || answer.results_count === null || answer.results_count === undefined) {
        looking.set(dispatchId, id);
        this.options.claims.later(dispatchId);
        return { dispatchId, tables, read, pending: true };
      }
      looking.delete(dispatchId);
      const residue = answer.results_count;
      return { dispatchId, read, tables: tables.map((t) => (t.table === PLACE ? { ...t, residue } : t)) };
    });
  }

  save(progress: readonly Progress[], now: Date): Promise<void> {
    if (progress.length > 0) this.writes.push(() => this.options.journal.save(progress, now));
    return Promise.resolve();
  }

  private usable(identifiers: readonly Identifier[]): readonly Identifier[] {
    const types: readonly string[] = this.options.map.identifiers;
    return identifiers.filter((identifier) => types.includes(identifier.type));
  }

  private async ask(type: 'erasure' | 'access', id: string, identifiers: readonly Identifier[]): Promise<RequestStatus> {
    const { client } = this.options;
    await client.submit(type, id, identifiers);
    for (const pause of PATIENCE_MS) {
      await sleep(pause);
      const answer = await client.status(id);
      if (answer.request_status === 'completed') return answer;
      if (answer.request_status === 'cancelled') throw conflict('processor_cancelled', 'The processor has cancelled the request.');
    }
    return client.status(id);
  }
}

/** OpenDSR wants a version 4 UUID. */
function erasureRequestId(commandId: string): string {
  const id = derivedId('opendsr', 'erasure', commandId);
  return `${id.slice(0, 14)}4${id.slice(15)}`;
}
