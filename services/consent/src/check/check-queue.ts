import { isHeedError, unavailable } from '@heed/kernel';
import type { UnitOfWork } from '@heed/persistence';
import type { Check, CheckAnswer, CheckConsent } from './check.use-case.js';

interface Waiting {
  readonly checks: readonly Check[];
  readonly answer: (answers: readonly CheckAnswer[]) => void;
  readonly fail: (error: unknown) => void;
}

/** Checks that share a look; a call with more has one for itself. */
const TOGETHER = 200;
/** Calls of one tenant that may wait, some seconds of work: who came later would wait for an answer that is given up on. */
const MAX_WAITING = 5_000;
/** Looks of one tenant at once: while the database has one, the next is made ready. */
const AT_ONCE = 2;

/**
 * Checks of one tenant that arrive while others are looked up share the next look: under load a check costs a part of a
 * transaction instead of one. One that cannot be answered is tried alone, so that it is nobody else's trouble.
 */
export class CheckQueue {
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly looking = new Map<string, number>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly consent: CheckConsent,
  ) {}

  /** In the order asked, as of a moment after the call. */
  check(tenant: string, checks: readonly Check[]): Promise<readonly CheckAnswer[]> {
    return new Promise((answer, fail) => {
      const queue = this.waiting.get(tenant) ?? [];
      if (queue.length >= MAX_WAITING) return fail(unavailable('too_many_waiting', 'More checks are waiting than can be answered now; try again.'));
      queue.push({ checks, answer, fail });
      this.waiting.set(tenant, queue);
      if ((this.looking.get(tenant) ?? 0) < AT_ONCE) void this.drain(tenant);
    });
  }

  private async drain(tenant: string): Promise<void> {
    this.looking.set(tenant, (this.looking.get(tenant) ?? 0) + 1);
    for (let batch = this.take(tenant); batch.length > 0; batch = this.take(tenant)) await this.look(tenant, batch);
    const others = (this.looking.get(tenant) ?? 1) - 1;
    if (others > 0) this.looking.set(tenant, others);
    else {
      this.looking.delete(tenant);
      this.waiting.delete(tenant); // empty: nobody came between the last look and here
    }
  }

  private take(tenant: string): readonly Waiting[] {
    const queue = this.waiting.get(tenant) ?? [];
    let [calls, size] = [0, 0];
    for (const { checks } of queue) {
      if (calls > 0 && size + checks.length > TOGETHER) break;
      calls += 1;
      size += checks.length;
    }
    return queue.splice(0, calls);
  }

  private async look(tenant: string, batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.unitOfWork.run(tenant, (tx) => this.consent.check(tx, batch.flatMap(({ checks }) => checks)));
      let from = 0;
      for (const one of batch) one.answer(answers.slice(from, (from += one.checks.length)));
    } catch (error) {
      // What is away is away for all of them.
      if (batch.length === 1 || (isHeedError(error) && error.retriable)) for (const one of batch) one.fail(error);
      else for (const one of batch) await this.look(tenant, [one]);
    }
  }
}
