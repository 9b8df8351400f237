import { earlierAnswers, keepAnswers } from '@heed/http';
import type { Call } from '@heed/http';
import { isHeedError, unavailable } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { setTimeout as sleep } from 'node:timers/promises';
import { LearnAges } from '../children/learn-ages.use-case.js';
import { metAgain } from '../subject/met-at-once.js';
import type { DecisionCall, Recorded } from './decision-call.js';
import { DeniedPurposes, grantedIn } from './denied-purposes.js';
import { RecordDecisions } from './record-decisions.use-case.js';

interface Waiting {
  readonly decision: DecisionCall;
  readonly idempotency: Call['idempotency'];
  readonly answer: (recorded: Recorded) => void;
  readonly fail: (error: unknown) => void;
}

const GATHER_MS = 10;
/** Batches of one tenant that may wait, a second or two of work: who came later would wait for an answer that is given up on. */
const MAX_WAITING_BATCHES = 50;

/**
 * Calls that arrive while a transaction is under way share the next one. Each is answered only after its own commit, and
 * one that is refused does not touch its neighbours.
 */
export class DecisionQueue {
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly busy = new Set<string>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: RecordDecisions,
    private readonly denied: DeniedPurposes,
    private readonly ages: LearnAges,
    private readonly batchSize: number,
  ) {}

  /**
   * Resolves when the decision is committed.
   * @throws HeedError `too_many_waiting` (503): nothing of the call was done
   */
  async record(tenant: string, decision: DecisionCall, idempotency: Call['idempotency']): Promise<Recorded> {
    const queue = this.waiting.get(tenant) ?? [];
    if (queue.length >= MAX_WAITING_BATCHES * this.batchSize) throw unavailable('too_many_waiting', 'More decisions are waiting than can be taken now; try again.');
    return new Promise((answer, fail) => {
      queue.push({ decision, idempotency, answer, fail });
      this.waiting.set(tenant, queue);
      if (!this.busy.has(tenant)) void this.drain(tenant);
    });
  }

  private async drain(tenant: string): Promise<void> {
    this.busy.add(tenant);
    for (;;) {
      const batch = this.take(tenant);
      if (batch.length === 0) break;
      // Whatever happens, each is told, and whoever comes behind has their turn.
      await this.commit(tenant, batch).catch((error: unknown) => batch.forEach((one) => one.fail(error)));
      // Under load those just answered come back within a moment, and the next transaction carries them too.
      if (batch.length > 1 && (this.waiting.get(tenant)?.length ?? 0) < this.batchSize) await sleep(GATHER_MS);
    }
    this.busy.delete(tenant);
    this.waiting.delete(tenant); // empty: nobody came between the last look and here
  }

  /** The oldest calls; two with the same idempotency key never share a transaction. */
  private take(tenant: string): readonly Waiting[] {
    const queue = this.waiting.get(tenant) ?? [];
    const keys = new Set<string>();
    let size = 0;
    while (size < queue.length && size < this.batchSize) {
      const key = queue[size]?.idempotency?.key;
      if (key && keys.has(key)) break;
      if (key) keys.add(key);
      size += 1;
    }
    return queue.splice(0, size);
  }

  private async commit(tenant: string, batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await metAgain(() => this.transact(tenant, batch));
      batch.forEach((one, i) => one.answer(answers[i]!));
    } catch (error) {
      // The database is away, and whether it committed is not known: nobody may be written twice, so all are told to come again.
      if (isHeedError(error) && error.code === 'database_unavailable') {
        for (const one of batch) one.fail(error);
        return;
      }
      if (batch.length > 1) {
        // Without keys nobody new can be written, but a known person's no still can. All at once: together they wait for one answer.
        if (isHeedError(error) && error.code === 'keys_unavailable') await Promise.all(batch.map((one) => this.commit(tenant, [one])));
        else for (const one of batch) await this.commit(tenant, [one]);
        return;
      }
      const [one] = batch;
      if (!one) return;
      if (isHeedError(error) && error.code === 'purpose_denied') await this.keepEvidence(tenant, one.decision);
      if (isHeedError(error) && error.kind === 'refused') await this.ages.learnOfRefused(this.unitOfWork, tenant, one.decision);
      one.fail(error);
    }
  }

  private async transact(tenant: string, batch: readonly Waiting[]): Promise<readonly Recorded[]> {
    const cause = batch.length === 1 ? batch[0]?.decision.cause : undefined;
    return this.unitOfWork.run(
      tenant,
      async (tx) => {
        const keyed = batch.flatMap((one) => (one.idempotency ? [one.idempotency] : []));
        const earlier = await earlierAnswers<Recorded>(tx, keyed);
        const fresh = batch.filter((one) => !one.idempotency || !earlier.has(one.idempotency.key));
        const recorded = fresh.length > 0 ? await this.decisions.record(tx, fresh.map((one) => one.decision)) : [];
        const answers = new Map(fresh.map((one, i) => [one, recorded[i]!]));
        await keepAnswers(tx, fresh.flatMap((one) => (one.idempotency ? [{ ...one.idempotency, answer: answers.get(one) }] : [])));
        return batch.map((one) => answers.get(one) ?? earlier.get(one.idempotency?.key ?? '')!);
      },
      { cause },
    );
  }

  /** An attempt at what the policy never allows leaves a trace, although nothing else of the call does. */
  private async keepEvidence(tenant: string, { id, decisions, channel, actor, cause }: DecisionCall): Promise<void> {
    const attempt = { id, purposes: grantedIn(decisions), channel, actor, cause };
    await this.unitOfWork.run(tenant, (tx) => this.denied.record(tx, attempt)).catch(() => undefined); // the refusal stands either way
  }
}
