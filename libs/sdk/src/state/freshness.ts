import type { BuildRecord, Heartbeat } from './records.js';

/**
 * Whether what was read may be answered from: everybody was read, under the key in hand, with the policy in force, and not too
 * long ago.
 */
export class Freshness {
  /** The publication of everybody that counts. */
  build = 0;
  /** RFC 3339. */
  asOf: string | null = null;
  private completeUntil = 0;
  private heardAt = 0;
  private endAt = 0;
  private beatEpoch = 0;
  private beatPolicy = 0;
  private begun = 0;
  private begunEpoch = 0;
  private keyEpoch = 0;
  private policyVersion = 0;
  private caughtUp = false;
  private unreadable = false;

  constructor(private readonly options: { readonly now: () => number; readonly elapsed: () => number; readonly stalenessMs: number }) {}

  useKey(epoch: number): void {
    this.keyEpoch = epoch;
  }

  usePolicy(version: number): void {
    this.policyVersion = Math.max(this.policyVersion, version);
  }

  /** The key in hand finds nobody any more: another must be asked for. */
  get keyIsOld(): boolean {
    return (this.beatEpoch > 0 && this.keyEpoch !== this.beatEpoch) || (this.begun > 0 && this.keyEpoch !== this.begunEpoch);
  }

  begin({ build, epoch }: BuildRecord): void {
    if (build < this.begun) return;
    this.begun = build;
    this.begunEpoch = epoch;
  }

  beat({ completeUntil, epoch, build, policyVersion }: Heartbeat): void {
    const until = Date.parse(completeUntil);
    if (Number.isNaN(until)) throw new Error('a heartbeat without a time');
    // A publisher may send one a second time, late.
    if (until < this.completeUntil) return;
    this.build = build;
    this.beatEpoch = epoch;
    this.beatPolicy = policyVersion;
    if (until === this.completeUntil) return;
    this.completeUntil = until;
    this.heardAt = this.options.elapsed();
    this.asOf = completeUntil;
  }

  /** All that was in the topic a moment ago has been read. */
  reachEnd(): void {
    this.endAt = this.options.elapsed();
    this.caughtUp = true;
  }

  /** Something was said that is not understood: perhaps of somebody's no. */
  misread(): void {
    this.unreadable = true;
  }

  /** The topic is not what it was: what comes is read as if for the first time. */
  beginAgain(): void {
    this.caughtUp = false;
    this.unreadable = false;
    this.begun = 0;
    this.begunEpoch = 0;
    this.build = 0;
    this.completeUntil = 0;
    this.asOf = null;
  }

  /**
   * Milliseconds since what was read was complete: by this computer's clock, since it was heard, or since the end of the topic
   * was reached, whichever is longest. After an outage heartbeats are heard that are as old as it was long; by a clock that is
   * behind they look new, so none counts before the end is reached again.
   */
  get ageMs(): number {
    if (this.completeUntil === 0) return Infinity;
    const elapsed = this.options.elapsed();
    return Math.max(this.options.now() - this.completeUntil, elapsed - this.heardAt, this.caughtUp ? elapsed - this.endAt : 0);
  }

  /** Undefined where nothing stands in the way of an answer. */
  problem(): 'not_ready' | 'stale' | undefined {
    // A reader that has not seen where the publication of everybody began has not seen everybody.
    const everybody = this.caughtUp && !this.unreadable && this.build > 0 && this.begun >= this.build;
    if (!everybody || this.keyEpoch !== this.beatEpoch || this.keyEpoch !== this.begunEpoch || this.policyVersion < this.beatPolicy) return 'not_ready';
    return this.ageMs > this.options.stalenessMs ? 'stale' : undefined;
  }
}
