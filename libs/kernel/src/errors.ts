const MARK = Symbol.for('heed.error');

export type ErrorKind =
  | 'malformed' // the sender's fault, by form
  | 'refused' // well-formed, but the policy says no
  | 'conflict' // the state does not allow it
  | 'not_found'
  | 'unauthenticated'
  | 'forbidden'
  | 'too_large'
  | 'too_many'
  | 'unavailable' // ours, passes by itself
  | 'internal';

export interface HeedErrorOptions {
  readonly kind: ErrorKind;
  /** Stable, snake_case: programs branch on it. */
  readonly code: string;
  /** One sentence that says what to do next. Never holds personal data. */
  readonly detail: string;
  /** The promise that says no, e.g. `AJU-56`. */
  readonly promise?: string;
  /** JSON pointers into what the caller sent. */
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** The act and the thing that a step-up is missing for. */
  readonly stepUp?: { readonly act: string; readonly resource: string };
  readonly cause?: unknown;
}

export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** The one error of Heed's own code; adapters map `kind` to HTTP or Kafka. */
export class HeedError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly promise: string | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly stepUp: HeedErrorOptions['stepUp'];

  constructor(options: HeedErrorOptions) {
    super(options.detail, { cause: options.cause });
    Object.defineProperty(this, MARK, { value: true });
    this.name = 'HeedError';
    this.kind = options.kind;
    this.code = options.code;
    this.promise = options.promise;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.stepUp = options.stepUp;
  }

  /** True when the same call may succeed later without a change. */
  get retriable(): boolean {
    return this.kind === 'unavailable' || this.kind === 'too_many';
  }
}

/** Recognises errors across duplicate copies of this package, where `instanceof` fails. */
export function isHeedError(error: unknown): error is HeedError {
  return error instanceof Error && MARK in error;
}

export const malformed = (code: string, detail: string, errors?: readonly FieldError[]): HeedError =>
  new HeedError({ kind: 'malformed', code, detail, ...(errors ? { errors } : {}) });
export const refused = (code: string, detail: string, promise?: string): HeedError =>
  new HeedError({ kind: 'refused', code, detail, ...(promise ? { promise } : {}) });
export const conflict = (code: string, detail: string): HeedError => new HeedError({ kind: 'conflict', code, detail });
export const notFound = (what: string): HeedError =>
  new HeedError({ kind: 'not_found', code: 'not_found', detail: `No such ${what} in this tenant.` });
export const unavailable = (code: string, detail: string, cause?: unknown): HeedError =>
  new HeedError({ kind: 'unavailable', code, detail, retryAfterSeconds: 1, cause });
