/** How far a job is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Milliseconds to go at the pace so far. */
  readonly msLeft: number;
}

/**
 * Counts and estimates.
 * @example const count = counting(1000, (progress) => …); count();
 */
export function counting(total: number, tell: (progress: Progress) => void, now: () => number = () => performance.now()): () => void {
  const begun = now();
  let done = 0;
  return () => {
    done += 1;
    tell({ done, total, msLeft: Math.round(((now() - begun) / done) * (total - done)) });
  };
}

/** @example inWords({ done: 250, total: 1000, msLeft: 30_000 }) // '250 of 1000 (25 %), 30 s left' */
export function inWords({ done, total, msLeft }: Progress): string {
  const left = done === total ? '' : `, ${msLeft < 90_000 ? `${Math.ceil(msLeft / 1000)} s` : `${Math.ceil(msLeft / 60_000)} min`} left`;
  return `${done} of ${total} (${Math.floor((100 * done) / total)} %)${left}`;
}
