/** Why a service serves nothing. */
export interface Closed {
  /** Stable, snake_case: the code of the 503 that every call gets. */
  readonly code: string;
  /** A sentence for whoever has to mend it: what is behind, where, and what to run. Names no person. */
  readonly reason: string;
  /** Default 5. */
  readonly retryAfterSeconds?: number;
}

/**
 * Something that must be as it should be before a service serves. All gates of a service are looked at one after the other,
 * before it opens and again and again while it is open; the first that is closed closes the service: calls get its 503,
 * `/readyz` and the log say why, and consumers, jobs and the relay rest. It opens by itself when none is closed.
 * @example
 * class KeysGate implements Gate {
 *   readonly name = 'keys';
 *   async look() { return (await this.behind()) ? { code: 'keys_behind', reason: '…' } : undefined; }
 * }
 */
export interface Gate {
  /** One word for `/readyz` and the log: `schema`, `ledger`, `keys`. */
  readonly name: string;
  /**
   * Answers soon: while it has not, nothing is served.
   * @throws where it cannot tell at present: what is closed stays closed, and what is open stays open
   */
  look(): Promise<Closed | undefined>;
}
