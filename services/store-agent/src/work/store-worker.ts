import type { StoreConnector } from '@heed/connector-spi';
import { failpoint, isHeedError, Loop } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { erasingBatch } from './erasing.js';
import { Outage } from './outage.js';
import type { Opener } from './opener.js';
import { runBatch } from './run-batch.js';
import type { BatchContext } from './run-batch.js';
import { settled } from './settlements.js';
import { urgentBatch } from './urgent.js';
import { secondLook, unverifiable, verifyingBatch } from './verifying.js';

export interface StoreWorkerOptions {
  readonly connector: StoreConnector;
  readonly opener: Opener;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly batch: number;
  readonly chunkRows: number;
  /** Milliseconds. */
  readonly secondLookAfter: number;
  /** Tells the owners what is finished; true when there may be more. */
  readonly acknowledge: () => Promise<boolean>;
}

const LOOK_EVERY_MS = 200;
/** How long a finished entry is remembered, in milliseconds: 30 days, where a topic holds its command for 7. */
const REMEMBERED_MS = 30 * 86_400_000;
/** Entries forgotten at a time, and how often: 7 million a day, and one index probe a minute while there is nothing. */
const PRUNED = 5000;
const PRUNE_EVERY_MS = 60_000;

/**
 * Carries out one store's commands in four loops with a connection each, so that a withdrawal never waits behind an
 * erasure of a million rows, nor an erasure behind its neighbours' verification.
 */
export class StoreWorker {
  private readonly loops: Readonly<Record<'urgent' | 'slow' | 'verify' | 'acknowledge', Loop>>;
  private readonly watch: Loop;
  private readonly pruning: Loop;
  private readonly context: BatchContext;
  private readonly outages: Readonly<Record<'store' | 'answers', Outage>>;

  constructor(private readonly options: StoreWorkerOptions) {
    this.context = { connector: options.connector, clock: options.clock, logger: options.logger };
    this.outages = { store: new Outage(options.logger, 'the store'), answers: new Outage(options.logger, 'the way of the answers') };
    this.loops = {
      urgent: this.loop(() => this.urgent()),
      slow: this.loop(() => this.slow()),
      verify: this.loop(() => this.verify()),
      acknowledge: this.loop(options.acknowledge, 'answers'),
    };
    this.watch = new Loop({ idleMs: LOOK_EVERY_MS, step: () => this.look(), onError: (error) => this.failed(error, 'store') });
    this.pruning = new Loop({ idleMs: PRUNE_EVERY_MS, step: () => this.prune(), onError: (error) => this.failed(error, 'store') });
  }

  start(): void {
    for (const loop of Object.values(this.loops)) loop.start();
    this.watch.start();
    this.pruning.start();
  }

  /** New commands are in the inbox. */
  poke(): void {
    this.loops.urgent.poke();
    this.loops.slow.poke();
    this.loops.acknowledge.poke(); // a redelivery may have made an old answer due again
  }

  /** Finishes what is at hand. What is left is in the journal. */
  async stop(): Promise<void> {
    await Promise.all([this.watch.stop(), this.pruning.stop()]);
    const { acknowledge, ...working } = this.loops;
    await Promise.all(Object.values(working).map((loop) => loop.stop()));
    await acknowledge.stop();
  }

  /** Finds what nobody poked for: left by a crash or another agent, due by time, or brought back to be answered again. */
  private async look(): Promise<boolean> {
    const due = await this.options.connector.due(this.options.clock.now());
    for (const kind of ['urgent', 'slow', 'verify', 'acknowledge'] as const) if (due[kind]) this.loops[kind].poke();
    return false;
  }

  private async prune(): Promise<boolean> {
    const { connector, clock } = this.options;
    await connector.prune(new Date(clock.now().getTime() - REMEMBERED_MS), PRUNED);
    return false;
  }

  private loop(step: () => Promise<boolean>, way: 'store' | 'answers' = 'store'): Loop {
    return new Loop({ step, onError: (error) => this.failed(error, way), onSuccess: () => this.outages[way].succeeded() });
  }

  private failed(error: unknown, way: 'store' | 'answers'): void {
    const code = isHeedError(error) ? error.code : 'agent_error';
    if (code === 'row_added') return; // somebody wrote in between; the next try sees it
    this.outages[way].failed(code, error);
  }

  private async urgent(): Promise<boolean> {
    const { opener, clock, batch } = this.options;
    const taken = await runBatch(this.context, {
      connection: 'urgent',
      select: { work: 'commands', lane: 'urgent', limit: batch },
      process: (unit, entries) => urgentBatch(unit, entries, opener, clock),
      fail: (entry, reason) => settled(entry, 'failed', { reason }),
    });
    if (taken > 0) this.loops.acknowledge.poke();
    return taken > 0;
  }

  private async slow(): Promise<boolean> {
    const { opener, clock, batch, chunkRows } = this.options;
    let unfinished = false;
    const taken = await runBatch(this.context, {
      connection: 'slow',
      select: { work: 'commands', lane: 'slow', limit: batch },
      process: async (unit, entries) => {
        unfinished = await erasingBatch(unit, entries, { opener, clock, chunkRows });
      },
      fail: (entry, reason) => settled(entry, 'failed', { reason }),
    });
    if (taken === 0) return false;
    failpoint(unfinished ? 'agent.mid-erasure' : 'agent.after-commit');
    this.loops.verify.poke();
    this.loops.acknowledge.poke();
    return true;
  }

  private async verify(): Promise<boolean> {
    const { opener, clock, batch, secondLookAfter } = this.options;
    const context = { opener, clock, secondLookAfter };
    const fail = (entry: Parameters<typeof unverifiable>[0], reason: string) => unverifiable(entry, reason);
    let settledCount = 0;
    const first = await runBatch(this.context, {
      connection: 'verify',
      select: { work: 'unverified', limit: batch },
      process: async (unit, entries) => void (settledCount += await verifyingBatch(unit, entries, context)),
      fail,
    });
    if (first > 0) failpoint('agent.after-verify');
    await runBatch(this.context, {
      connection: 'verify',
      select: { work: 'verify_again', limit: batch, now: clock.now() },
      process: async (unit, entries) => void (settledCount += await secondLook(unit, entries, context)),
      fail,
    });
    if (settledCount === 0) return false;
    this.loops.acknowledge.poke();
    this.loops.urgent.poke(); // a person's next command may have waited for this
    this.loops.slow.poke();
    return true;
  }
}
