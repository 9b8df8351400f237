export interface SdkErrorOptions {
  /** Stable, e.g. `purpose_unknown`. */
  readonly code: string;
  /** The same call may succeed later. */
  readonly retriable: boolean;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** How long to wait before the next try, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** Whatever the SDK throws. `code` is stable; messages never hold identifiers. */
export class HeedError extends Error {
  readonly code: string;
  readonly retriable: boolean;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: SdkErrorOptions) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.retriable = options.retriable;
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** No token could be had, or it is not accepted (401). */
export class Unauthenticated extends HeedError {}
/** The token is good and has not the role for it (403). */
export class Forbidden extends HeedError {}
/** Nobody answers, or not now (429, 503): try again after `retryAfterSeconds`. */
export class Unavailable extends HeedError {}
/** What was read is too old to answer from, and nobody could be asked. */
export class Stale extends HeedError {}
/** It is not understood (400, 413), or an option makes no sense: the program must be changed. */
export class Malformed extends HeedError {}
/** Something else is so already (409), e.g. the request is closed. */
export class Conflict extends HeedError {}

/** The policy says no (422); `promise` is the promise that says so, e.g. `AJU-03`. */
export class Refused extends HeedError {
  readonly promise: string | undefined;

  constructor(message: string, options: SdkErrorOptions & { readonly promise?: string | undefined }) {
    super(message, options);
    this.promise = options.promise;
  }
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly promise?: string;
}

/** The error that an answer other than 2xx stands for. */
export function errorOf(status: number, problem: Problem, retryAfter: string | null): HeedError {
  const message = problem.detail ?? problem.title ?? `Heed answered ${status}.`;
  const retriable = status === 429 || status >= 500;
  const retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter) || 1;
  const options = { code: problem.code ?? `http_${status}`, retriable, status, retryAfterSeconds };
  if (status === 401) return new Unauthenticated(message, options);
  if (status === 403) return new Forbidden(message, options);
  if (status === 409) return new Conflict(message, options);
  if (status === 422) return new Refused(message, { ...options, promise: problem.promise });
  return retriable ? new Unavailable(message, options) : new Malformed(message, options);
}
