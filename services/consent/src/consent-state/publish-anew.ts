import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { CONSENT_STATE } from './build-state.job.js';

/**
 * The topic has heard what a register that was put back from an older copy does not know any more. Everybody is published
 * anew, and under another key: the copy may have rows from before the last change of it, whose key is gone.
 */
export async function publishAnew(tx: Tx): Promise<void> {
  const rows = await tx.query(`UPDATE state_feed SET requested = 'new_key' WHERE active RETURNING 1 AS one`);
  if (rows.length > 0) await remind(tx, { work: CONSENT_STATE, at: tx.clock.now() });
}
