import { failpoint, InterruptiblePause } from '@heed/kernel';
import { ledgerPlaced, ledgerWaiting } from '@heed/observability';
import type { Logger } from '@heed/observability';
import type { Outbox } from '@heed/outbox';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { LedgerKey } from '../ledger-key.js';
import { sequence } from './sequence.js';
import type { SeenHeads } from './seen-heads.js';

export interface SequencerOptions {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly outbox: Outbox;
  readonly key: LedgerKey;
  readonly seen: SeenHeads;
  readonly logger: Logger;
  /** How often every tenant is looked at, for what a process that died left behind; default 30 s. */
  readonly sweepEveryMs?: number;
}

const SWEEP_EVERY_MS = 30_000;
/** From one turn of a tenant to its next: under load, records gather into larger batches. */
const PACE_MS = 100;
/** Until a turn that failed is tried again. */
const RETRY_MS = 1000;
/** Turns at the same time: few, for each holds a connection of the pool that serves calls. */
const AT_ONCE = 2;

/**
 * Gives committed records their places in the ledgers, shortly after each commit. As many instances as there are may run it:
 * a ledger is held by one of them at a time.
 */
export class Sequencer {
  /** Tenants whose turn comes, and when on the process's clock. */
  private readonly due = new Map<string, number>();
  private readonly busy = new Set<string>();
  private readonly hadTurn = new Map<string, number>();
  /** Tenants that have their turn just now: one turn at a time, or the later would take the earlier's places for a ledger gone back. */
  private readonly having = new Set<string>();
  /** Since when the records of a tenant wait. */
  private readonly waitingSince = new Map<string, number>();
  private readonly pause = new InterruptiblePause();
  private running: Promise<unknown> | undefined;

  constructor(private readonly options: SequencerOptions) {}

  start(): void {
    this.running ??= Promise.all([this.sweep(), ...Array.from({ length: AT_ONCE }, () => this.work())]);
  }

  /** Finishes the turns at hand. What is left over is another process's, or the next start's. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
  }

  /** A transaction of this tenant that recorded something was committed. */
  readonly poke = (tenant: string): void => this.ask(tenant, (this.hadTurn.get(tenant) ?? -Infinity) + PACE_MS);

  private ask(tenant: string, at: number): void {
    const asked = this.due.get(tenant);
    if (asked !== undefined && asked <= at) return;
    this.due.set(tenant, Math.max(at, performance.now()));
    this.pause.poke();
  }

  private async sweep(): Promise<void> {
    while (!this.pause.ended) {
      try {
        for (const { id } of await this.options.database.listTenants()) this.poke(id);
      } catch (error) {
        this.options.logger.debug({ err: error }, 'ledgers could not be looked at');
      }
      ledgerWaiting.set(Math.max(0, ...[...this.waitingSince.values()].map((since) => performance.now() - since)) / 1000);
      await this.pause.for(this.options.sweepEveryMs ?? SWEEP_EVERY_MS);
    }
  }

  private async work(): Promise<void> {
    while (!this.pause.ended) {
      const now = performance.now();
      const next = this.nextDue();
      if (next === undefined || next.at > now) {
        await this.pause.untilPoked(next === undefined ? SWEEP_EVERY_MS : next.at - now);
        continue;
      }
      this.due.delete(next.tenant); // a poke from now on asks for another turn
      this.having.add(next.tenant);
      await this.turn(next.tenant).finally(() => this.having.delete(next.tenant));
      this.pause.poke(); // whoever waited for this tenant's next turn
    }
  }

  private nextDue(): { tenant: string; at: number } | undefined {
    let next: { tenant: string; at: number } | undefined;
    for (const [tenant, at] of this.due) if (!this.having.has(tenant) && (next === undefined || at < next.at)) next = { tenant, at };
    return next;
  }

  private async turn(tenant: string): Promise<void> {
    const { key, outbox, seen, unitOfWork } = this.options;
    const begun = performance.now();
    this.hadTurn.set(tenant, begun);
    try {
      const turn = await unitOfWork.run(tenant, (tx) => sequence(tx, { key, outbox, check: seen.check, busy: this.busy.has(tenant), waitMs: PACE_MS }));
      failpoint('ledger.committed');
      // Whoever holds it may have read it before the record that we were asked for was committed.
      if (turn === undefined) return this.ask(tenant, begun + PACE_MS);
      seen.note(tenant, turn);
      if (turn.againInMs === 0) this.busy.add(tenant);
      else this.busy.delete(tenant);
      ledgerPlaced.inc(turn.placed);
      if (turn.againInMs !== undefined) this.ask(tenant, performance.now() + turn.againInMs);
      if (turn.againInMs === undefined || turn.placed > 0) this.waitingSince.delete(tenant);
      else if (!this.waitingSince.has(tenant)) this.waitingSince.set(tenant, begun);
    } catch (error) {
      this.failed(tenant, begun, error);
    }
  }

  private failed(tenant: string, begun: number, error: unknown): void {
    if (isNotServed(error)) {
      for (const known of [this.hadTurn, this.waitingSince]) known.delete(tenant);
      return;
    }
    if (!this.waitingSince.has(tenant)) this.waitingSince.set(tenant, begun);
    this.ask(tenant, performance.now() + RETRY_MS);
    this.options.logger.warn({ tenant, err: error }, 'a ledger could not be continued and is tried again');
  }
}
