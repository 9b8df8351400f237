import { ConsentClient } from '@heed/fanout';
import type { KnownPerson } from '@heed/fanout';
import { isHeedError } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';

/** After consent was found away, nobody is kept waiting for it for this long, in milliseconds. */
const AWAY_PAUSE = 2_000;

/** Who a caller means, if consent can say so at once. */
export class People {
  private awayUntil = 0;

  constructor(
    private readonly consent: ConsentClient,
    private readonly timeoutMs: number,
  ) {}

  /** Somebody else had an answer: nobody needs to wait any longer. */
  back(): void {
    this.awayUntil = 0;
  }

  /**
   * Undefined while consent is away: the case is opened all the same, and `ResolvePeople` finds out later.
   * @throws HeedError `identifier_invalid`
   */
  async find(tenant: string, identifiers: readonly Identifier[]): Promise<KnownPerson | undefined> {
    if (Date.now() < this.awayUntil) return undefined;
    try {
      const [person] = await this.consent.resolve(tenant, [{ identifiers }], this.timeoutMs);
      return person;
    } catch (error) {
      if (!isHeedError(error) || !error.retriable) throw error;
      this.awayUntil = Date.now() + AWAY_PAUSE;
      return undefined;
    }
  }
}
