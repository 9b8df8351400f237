import { HeedError } from '@heed/kernel';
import { sqlState, UNIQUE_VIOLATION } from '@heed/persistence';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { Call } from './call.js';
import { isUsedStepUp, useStepUp } from './step-up-use.js';

type Idempotency = NonNullable<Call['idempotency']>;

/** The stored answers of earlier, equal calls, by key. @throws HeedError `idempotency_key_reused` (422) */
export async function earlierAnswers<T>(tx: Tx, calls: readonly Idempotency[]): Promise<ReadonlyMap<string, T>> {
  if (calls.length === 0) return new Map();
  const rows = await tx.query<{ key: string; fingerprint: string; answer: T }>(
    'SELECT key, fingerprint, answer FROM idempotency WHERE key = ANY($1)',
    [calls.map((call) => call.key)],
  );
  for (const row of rows) {
    if (calls.some((call) => call.key === row.key && call.fingerprint !== row.fingerprint)) {
      throw new HeedError({ kind: 'refused', code: 'idempotency_key_reused', detail: 'This Idempotency-Key was used for another call; use a new one.' });
    }
  }
  return new Map(rows.map((row) => [row.key, row.answer]));
}

export async function keepAnswers(tx: Tx, answered: readonly (Idempotency & { answer: unknown })[]): Promise<void> {
  if (answered.length === 0) return;
  await tx.query(
    `INSERT INTO idempotency (key, fingerprint, status, answer)
     SELECT k, f, 200, a::jsonb FROM unnest($1::text[], $2::text[], $3::text[]) AS i(k, f, a)`,
    [answered.map((a) => a.key), answered.map((a) => a.fingerprint), answered.map((a) => JSON.stringify(a.answer))],
  );
}

/**
 * Runs a POST's work in a unit of work; the same key and body gives the same answer and does nothing twice, also when
 * both calls run at once. A step-up is used up in the same transaction, so neither an act that failed nor a repeated
 * answer costs one.
 * @example return runCall(this.unitOfWork, call, (tx) => this.place(tx, body))
 */
export async function runCall<T>(unitOfWork: UnitOfWork, call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { idempotency } = call;
  const attempt = (): Promise<T> =>
    unitOfWork.run(
      call.tenant,
      async (tx) => {
        const earlier = await earlierAnswers<T>(tx, idempotency ? [idempotency] : []);
        if (idempotency && earlier.has(idempotency.key)) return earlier.get(idempotency.key) as T;
        if (call.stepUp) await useStepUp(tx, call.stepUp, call.actor);
        if (!idempotency) return work(tx);
        const answer = await work(tx);
        await keepAnswers(tx, [{ ...idempotency, answer }]);
        return answer;
      },
      { cause: call.cause },
    );
  try {
    return await attempt();
  } catch (error) {
    // The equal call that ran at the same time has left its answer.
    if (idempotency && (sqlState(error) === UNIQUE_VIOLATION || isUsedStepUp(error))) return attempt();
    throw error;
  }
}
