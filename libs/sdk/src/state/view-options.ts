import { Malformed } from '../errors.js';

export interface ViewOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that never go back. */
  readonly elapsed: () => number;
  readonly stalenessMs: number;
  readonly maxSubjects: number;
  readonly maxKnownKeys: number;
}

/** A bound that is no number bounds nothing: no answer would ever be too old, and memory would have no end. @throws Malformed `option_invalid` */
export function checkOptions({ stalenessMs, maxSubjects, maxKnownKeys }: ViewOptions): void {
  for (const [name, value] of Object.entries({ stalenessMs, maxSubjects, maxKnownIdentifiers: maxKnownKeys })) {
    if (!Number.isFinite(value) || value < 1) throw new Malformed(`${name} must be a number from 1 on.`, { code: 'option_invalid', retriable: false });
  }
}
