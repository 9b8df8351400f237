import { HeedError } from '@heed/kernel';
import { sqlState, UNIQUE_VIOLATION } from '@heed/persistence';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { Call } from './call.js';

interface Stored {
  readonly fingerprint: string;
  readonly answer: unknown;
}

/** The stored answer of an earlier, equal call. @throws HeedError `idempotency_key_reused` (422) */
export async function earlierAnswer<T>(tx: Tx, idempotency: NonNullable<Call['idempotency']>): Promise<{ answer: T } | undefined> {
  const [row] = await tx.query<Stored>('SELECT fingerprint, answer FROM idempotency WHERE key = $1', [idempotency.key]);
  if (!row) return undefined;
  if (row.fingerprint !== idempotency.fingerprint) {
    throw new HeedError({ kind: 'refused', code: 'idempotency_key_reused', detail: 'This Idempotency-Key was used for another call; use a new one.' });
  }
  return { answer: row.answer as T };
}

export async function keepAnswer(tx: Tx, idempotency: NonNullable<Call['idempotency']>, answer: unknown): Promise<void> {
  await tx.query('INSERT INTO idempotency (key, fingerprint, status, answer) VALUES ($1, $2, 200, $3)', [
    idempotency.key,
    idempotency.fingerprint,
    JSON.stringify(answer),
  ]);
}

/**
 * Runs a POST's work in a unit of work; the same key and body gives the same answer and does nothing twice, also when
 * both calls run at once.
 * @example return runCall(this.unitOfWork, call, (tx) => this.place(tx, body))
 */
export async function runCall<T>(unitOfWork: UnitOfWork, call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { idempotency } = call;
  const attempt = (): Promise<T> =>
    unitOfWork.run(
      call.tenant,
      async (tx) => {
        if (!idempotency) return work(tx);
        const earlier = await earlierAnswer<T>(tx, idempotency);
        if (earlier) return earlier.answer;
        const answer = await work(tx);
        await keepAnswer(tx, idempotency, answer);
        return answer;
      },
      { cause: call.cause },
    );
  try {
    return await attempt();
  } catch (error) {
    if (idempotency && sqlState(error) === UNIQUE_VIOLATION) return attempt();
    throw error;
  }
}
