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
  private beatEpoch = 0;
  private beatPolicy = 0;
  private begun = 0;
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
    return this.beatEpoch > 0 && this.keyEpoch !== this.beatEpoch;
  }

  begin({ build }: BuildRecord): void {
    this.begun = Math.max(this.begun, build);
  }

  beat({ completeUntil, epoch, build, policyVersion }: Heartbeat): void {
    const until = Date.parse(completeUntil);
    this.build = build;
    this.beatEpoch = epoch;
    this.beatPolicy = policyVersion;
    if (until <= this.completeUntil) return;
    this.completeUntil = until;
    this.heardAt = this.options.elapsed();
    this.asOf = completeUntil;
  }

  /** All that was in the topic when the reading began has been read. */
  reachEnd(): void {
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
    this.build = 0;
    this.completeUntil = 0;
    this.asOf = null;
  }

  /** Milliseconds since what was read was complete: by this computer's clock, or since it was heard, where that is longer. */
  get ageMs(): number {
    if (this.completeUntil === 0) return Infinity;
    return Math.max(this.options.now() - this.completeUntil, this.options.elapsed() - this.heardAt);
  }

  /** Undefined where nothing stands in the way of an answer. */
  problem(): 'not_ready' | 'stale' | undefined {
    // A reader that has not seen where the publication of everybody began has not seen everybody.
    const everybody = this.caughtUp && !this.unreadable && this.build > 0 && this.begun >= this.build;
    if (!everybody || this.keyEpoch !== this.beatEpoch || this.policyVersion < this.beatPolicy) return 'not_ready';
    return this.ageMs > this.options.stalenessMs ? 'stale' : undefined;
  }
}
