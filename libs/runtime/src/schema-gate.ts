import { HeedError, InterruptiblePause } from '@heed/kernel';
import type { Logger } from '@heed/observability';

export interface SchemaGateOptions {
  /** Names what of the schema is behind; empty when nothing is. Throws while the database does not answer. */
  readonly behind: () => Promise<readonly string[]>;
  /** Whoever reads that something is behind wants to know what to run. */
  readonly remedy: string;
  /** Starts and ends everything that works with the tables: consumers, relay, jobs. */
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly logger: Logger;
  readonly closedEveryMs?: number;
  readonly openEveryMs?: number;
}

/**
 * Lets a service work only on tables that are as new as itself. It opens by itself once the migration job has run, so that
 * instances may start before it; it closes again where an older database was put in its place.
 */
export class SchemaGate {
  private readonly pause = new InterruptiblePause();
  private reason: string | undefined = 'not looked at yet';
  private told: string | undefined;
  private watch: Promise<void> | undefined;

  constructor(private readonly options: SchemaGateOptions) {}

  /** Why it is closed, for `/readyz`. */
  get closed(): string | undefined {
    return this.reason === undefined ? undefined : `schema (${this.reason})`;
  }

  /** What every call is answered while it is closed. */
  get refusal(): HeedError | undefined {
    if (this.reason === undefined) return undefined;
    const detail = `The tables of this service are behind: ${this.reason}.`;
    return new HeedError({ kind: 'unavailable', code: 'schema_behind', detail, retryAfterSeconds: 5 });
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.look();
    this.watch = this.keepLooking();
  }

  /** Looks no more; what it had opened is the caller's to end. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.watch;
  }

  private async keepLooking(): Promise<void> {
    for (;;) {
      await this.pause.for(this.reason === undefined ? (this.options.openEveryMs ?? 5000) : (this.options.closedEveryMs ?? 500));
      if (this.pause.ended) return;
      // What could not be opened is not open, and is tried again; what could not be closed serves nothing all the same.
      await this.look().catch((error: unknown) => this.options.logger.error({ err: error }, 'serving could not be begun or ended; looking again'));
    }
  }

  private async look(): Promise<void> {
    let behind: readonly string[];
    try {
      behind = await this.options.behind();
    } catch (error) {
      // A database that is away says nothing about its tables: what was open stays open, and its calls say what is missing.
      if (this.reason !== undefined) this.reason = 'the database does not answer';
      return this.options.logger.debug({ err: error }, 'the schema could not be looked at');
    }
    if (behind.length === 0) return this.opened();
    const wasOpen = this.reason === undefined;
    this.reason = `${behind.join(', ')}: run ${this.options.remedy}`;
    if (this.reason !== this.told) this.options.logger.warn({ reason: this.reason }, 'the schema is behind, nothing is served');
    this.told = this.reason;
    if (wasOpen) await this.options.close();
  }

  private async opened(): Promise<void> {
    if (this.reason === undefined) return;
    if (this.told !== undefined) this.options.logger.info('the schema is up to date, serving begins');
    this.told = undefined;
    await this.options.open();
    this.reason = undefined;
  }
}
