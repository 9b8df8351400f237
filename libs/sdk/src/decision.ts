/** Why an answer is as it is. Those of the last line are the SDK's own: it cannot know, so the answer is no. */
export type Reason =
  | 'given' | 'basis_without_consent' | 'no_decision' | 'refused' | 'withdrawn' | 'objected' | 'expired' | 'invalidated' | 'terminated'
  | 'child' | 'age_unverified' | 'never_purpose' | 'purpose_unknown' | 'no_basis_in_jurisdiction' | 'gpc'
  | 'not_ready' | 'stale' | 'not_in_memory' | 'identifier_invalid' | 'domain_invalid';

export interface Decision {
  readonly allowed: boolean;
  readonly purpose: string;
  /** The legal basis where the person lives, e.g. `consent`. */
  readonly basis: string | null;
  readonly reason: Reason | (string & {});
  /** The entry of the register that decides. */
  readonly recordId?: string;
  /** The promise that says so, of what is never done. */
  readonly promise?: string;
  /** Up to when what was read is complete, RFC 3339; of an answer over HTTP, when it came. Null before anything was read. */
  readonly asOf: string | null;
  /** What was read is older than may be. */
  readonly stale: boolean;
}

export interface MayOptions {
  /** Where the person lives, e.g. `IN`; the policy's default where left out. */
  readonly jurisdiction?: string;
  /** A branded domain: what was decided there counts, and a no that named no domain. */
  readonly domain?: string;
}

/** Reasons for which asking over HTTP may give another answer. */
const UNKNOWING: ReadonlySet<string> = new Set<Reason>(['not_ready', 'stale', 'not_in_memory']);

export const isUnknowing = ({ reason }: Decision): boolean => UNKNOWING.has(reason);
