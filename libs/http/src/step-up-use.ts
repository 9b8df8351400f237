import { stepUpRefusal } from '@heed/auth';
import type { StepUp } from '@heed/auth';
import { isHeedError } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

const USED = 'step_up_used';

/**
 * Uses a step-up up, in the transaction of its act: what is rolled back was not used. Called by `runCall`.
 * @throws HeedError `step_up_used` (401)
 */
export async function useStepUp(tx: Tx, stepUp: StepUp, actor: string): Promise<void> {
  const { id, act, resource, method, expiresAt } = stepUp;
  const rows = await tx.query(
    `INSERT INTO step_up_use (id, act, resource, actor, method, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [id, act, resource, actor, method, expiresAt, tx.clock.now()],
  );
  if (rows.length === 0) throw stepUpRefusal(USED, 'This step-up was used before; each counts once: get another from POST /v1/step-ups.', stepUp);
}

export function isUsedStepUp(error: unknown): boolean {
  return isHeedError(error) && error.code === USED;
}
