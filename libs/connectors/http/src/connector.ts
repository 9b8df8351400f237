import type { Connection, Due, JournalEntry, ReceivedCommand, Selection, StoreConnector, Unsent, WorkUnit } from '@heed/connector-spi';
import type { ProcessorDataMap } from '@heed/contracts-subprocessor-registry';
import { unavailable } from '@heed/kernel';
import type { ConsentWebhookOptions } from './consent-webhook.js';
import { JournalDatabase } from './journal/database.js';
import { Journal } from './journal/journal.js';
import { Marks } from './journal/marks.js';
import { OpenDsrClient } from './opendsr/client.js';
import type { OpenDsrOptions } from './opendsr/client.js';
import { AT_ONCE, ProcessorUnit } from './processor-unit.js';
import { Wire } from './wire.js';

export interface HttpConnectorOptions {
  readonly map: ProcessorDataMap;
  readonly processor: OpenDsrOptions;
  readonly webhook: ConsentWebhookOptions;
  /** SQLite file of the journal; one process uses it. */
  readonly journal: string;
  /** Pause before a processor that has not finished is asked again, milliseconds. Default 10 s. */
  readonly askAgainAfter?: number;
}

/**
 * A processor behind HTTP as a data store: erasure by OpenDSR 2.0, verified by a later access request where the
 * processor offers one, consent by signed webhook. It cannot hold a journal, so the journal is beside the agent and
 * every call can be repeated.
 * @example const mail = new HttpConnector({ map, processor, webhook, journal: '/var/lib/heed/mail.sqlite' });
 */
export class HttpConnector implements StoreConnector {
  private readonly wire = new Wire(AT_ONCE);
  private readonly client: OpenDsrClient;
  private readonly looking = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly notBefore = new Map<string, number>();
  private opened: { readonly db: JournalDatabase; readonly journal: Journal; readonly marks: Marks } | undefined;

  constructor(private readonly options: HttpConnectorOptions) {
    this.client = new OpenDsrClient(options.processor, this.wire);
  }

  prepare(): Promise<void> {
    if (!this.opened) {
      const db = new JournalDatabase(this.options.journal);
      this.opened = { db, journal: new Journal(db), marks: new Marks(db) };
    }
    return Promise.resolve();
  }

  receive(commands: readonly ReceivedCommand[]): Promise<void> {
    return this.sync(({ journal }) => journal.receive(commands));
  }

  async work<T>(_connection: Connection, run: (unit: WorkUnit) => Promise<T>): Promise<T> {
    const { db, journal, marks } = this.store;
    const mine: string[] = [];
    const unit = new ProcessorUnit({
      map: this.options.map,
      wire: this.wire,
      client: this.client,
      webhook: this.options.webhook,
      journal,
      marks,
      looking: this.looking,
      claims: {
        take: (selection) => this.take(journal, selection, mine),
        later: (id) => void this.notBefore.set(id, Date.now() + (this.options.askAgainAfter ?? 10_000)),
      },
    });
    try {
      const result = await run(unit);
      unit.commit(db);
      return result;
    } finally {
      for (const id of mine) this.taken.delete(id);
    }
  }

  due(now: Date): Promise<Due> {
    return this.sync(({ journal }) => journal.dueKinds(now));
  }

  unsent(limit: number): Promise<Unsent> {
    return this.sync(({ journal }) => journal.unsent(limit));
  }

  keepAcknowledgements(signed: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void> {
    return this.sync(({ journal }) => journal.keep(signed));
  }

  markAcknowledged(sent: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void> {
    return this.sync(({ journal }) => journal.mark(sent));
  }

  prune(before: Date, limit: number): Promise<number> {
    return this.sync(({ journal }) => journal.prune(before, limit));
  }

  async close(): Promise<void> {
    this.opened?.db.close();
    this.opened = undefined;
    await this.wire.close();
  }

  private take(journal: Journal, selection: Selection, mine: string[]): JournalEntry[] {
    const now = Date.now();
    const entries = journal.pick(selection, this.taken.size + this.notBefore.size, (id) => {
      if (this.taken.has(id)) return true;
      const at = this.notBefore.get(id);
      if (at === undefined) return false;
      if (at <= now) this.notBefore.delete(id);
      return at > now;
    });
    for (const { dispatchId } of entries) {
      this.taken.add(dispatchId);
      mine.push(dispatchId);
    }
    return entries;
  }

  private get store(): NonNullable<HttpConnector['opened']> {
    if (!this.opened) throw unavailable('store_unprepared', 'The store has not been prepared yet.');
    return this.opened;
  }

  private async sync<T>(work: (store: NonNullable<HttpConnector['opened']>) => T): Promise<T> {
    return work(this.store);
  }
}
