import { HeedError, InterruptiblePause, isHeedError } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { Closed, Gate } from '@heed/kernel';

export interface ServiceGateOptions {
  /** In the order in which they are looked at: a later one may rely on what an earlier one has seen. */
  readonly gates: readonly Gate[];
  /** Starts and ends everything that works beside calls: consumers, relay, jobs. */
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly logger: Logger;
  readonly closedEveryMs?: number;
  readonly openEveryMs?: number;
}

type Shut = Closed & { readonly gate: string };

/** Lets a service serve only while every gate is open, and looks again by itself. */
export class ServiceGate {
  private readonly pause = new InterruptiblePause();
  private shut: Shut | undefined = { gate: 'service', code: 'not_ready', reason: 'not looked at yet' };
  private told: string | undefined;
  private watch: Promise<void> | undefined;

  constructor(private readonly options: ServiceGateOptions) {}

  /** Why it is closed, for `/readyz`. */
  get closed(): string | undefined {
    return this.shut && `${this.shut.gate} (${this.shut.reason})`;
  }

  /** What every call is answered while it is closed. */
  get refusal(): HeedError | undefined {
    if (!this.shut) return undefined;
    const { code, gate, reason, retryAfterSeconds = 5 } = this.shut;
    return new HeedError({ kind: 'unavailable', code, detail: `This service does not serve, because of its ${gate}: ${reason}.`, retryAfterSeconds });
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.look();
    this.watch = this.keepLooking();
  }

  /** Something has changed that a gate should see at once. */
  readonly poke = (): void => this.pause.poke();

  /** Looks no more; what it had opened is the caller's to end. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.watch;
  }

  private async keepLooking(): Promise<void> {
    for (;;) {
      await this.pause.untilPoked(this.shut ? (this.options.closedEveryMs ?? 500) : (this.options.openEveryMs ?? 5000));
      if (this.pause.ended) return;
      // What could not be opened is not open, and is tried again; what could not be closed serves nothing all the same.
      await this.look().catch((error: unknown) => this.options.logger.error({ err: error }, 'serving could not be begun or ended; looking again'));
    }
  }

  private async look(): Promise<void> {
    const found = await this.firstShut();
    if (found === undefined) return this.opened();
    const wasOpen = this.shut === undefined;
    this.shut = found;
    if (found.code !== 'not_ready' && found.reason !== this.told) {
      this.options.logger.warn({ gate: found.gate, reason: found.reason }, 'nothing is served');
      this.told = found.reason;
    }
    if (wasOpen) await this.options.close();
  }

  private async firstShut(): Promise<Shut | undefined> {
    for (const gate of this.options.gates) {
      try {
        const closed = await gate.look();
        if (closed) return { ...closed, gate: gate.name };
      } catch (error) {
        this.options.logger.debug({ gate: gate.name, err: error }, 'a gate could not be looked at');
        // What is away says nothing about what it holds: what was open stays open, and its calls say what is missing.
        if (this.shut) return { gate: gate.name, code: 'not_ready', reason: isHeedError(error) ? error.message : 'cannot be looked at yet' };
      }
    }
    return undefined;
  }

  private async opened(): Promise<void> {
    if (!this.shut) return;
    if (this.told !== undefined) this.options.logger.info('all is up to date, serving begins');
    this.told = undefined;
    await this.options.open();
    this.shut = undefined;
  }
}
