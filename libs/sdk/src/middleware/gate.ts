import type { Decision, MayOptions } from '../decision.js';
import type { Heed } from '../heed.js';
import type { Subject } from '../subject.js';

/** What a gate needs of the SDK. */
export type Answering = Pick<Heed, 'mayOrAsk' | 'heedsGpc'>;

export interface GateOptions<R> {
  /** Where the person lives and on which branded domain, per request. */
  readonly place?: (request: R) => MayOptions;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** RFC 9457. */
export interface ConsentProblem {
  readonly type: string;
  readonly title: string;
  readonly status: 403;
  readonly code: 'consent_missing';
  readonly purpose: string;
  readonly reason: string;
  readonly promise?: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * The one decision of all middleware: a Global Privacy Control header is a no to what it is heeded for, nobody to ask for is a
 * no, and else it is as the person decided.
 * @returns undefined where the request may go on
 */
export async function gate<R extends { readonly headers: Headers }>(
  heed: Answering, purpose: string, subject: Subject | undefined, request: R, options: GateOptions<R> = {},
): Promise<ConsentProblem | undefined> {
  // Exactly `1` is a signal (Global Privacy Control, section 3.2).
  if (request.headers['sec-gpc'] === '1' && heed.heedsGpc(purpose)) return problem({ purpose, reason: 'gpc' });
  if (!subject) return problem({ purpose, reason: 'no_decision' });
  const decision = await heed.mayOrAsk(subject, purpose, options.place?.(request));
  return decision.allowed ? undefined : problem(decision);
}

function problem({ purpose, reason, promise }: Pick<Decision, 'purpose' | 'reason' | 'promise'>): ConsentProblem {
  return {
    type: 'https://heed.dev/problems/consent_missing', title: `Not allowed for ${purpose}.`, status: 403, code: 'consent_missing', purpose, reason,
    ...(promise === undefined ? {} : { promise }),
  };
}
