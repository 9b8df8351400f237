import { residueOf, settleVerification } from '@heed/connector-spi';
import type { JournalEntry, Progress, Settlement, WorkUnit } from '@heed/connector-spi';
import type { Clock } from '@heed/kernel';
import { isErasure, targetOf } from './erasing.js';
import type { Opener } from './opener.js';

export interface VerifyingContext {
  readonly opener: Opener;
  readonly clock: Clock;
  /** Milliseconds until the second look. */
  readonly secondLookAfter: number;
}

/** The first look, after the commit and on another connection. @returns how many were settled */
export async function verifyingBatch(unit: WorkUnit, picked: readonly JournalEntry[], context: VerifyingContext): Promise<number> {
  const now = context.clock.now();
  const { verifications, lost } = await look(unit, picked, context);
  const progress = verifications.flatMap((verification): Progress[] => {
    if (verification.pending) return [];
    const settlement = settleVerification(verification);
    const again = verification.read && settlement.outcome !== 'failed';
    return [verified(verification.dispatchId, settlement, again ? new Date(now.getTime() + context.secondLookAfter) : null)];
  });
  await unit.save([...progress, ...lost], now);
  return progress.length + lost.length;
}

/** The second look: a queue or a sync job may have brought somebody back after the first. */
export async function secondLook(unit: WorkUnit, picked: readonly JournalEntry[], context: VerifyingContext): Promise<number> {
  const { verifications, lost } = await look(unit, picked, context);
  const progress = verifications.flatMap((verification): Progress[] => {
    if (verification.pending) return [];
    const { dispatchId } = verification;
    return residueOf(verification.tables) > 0 ? [verified(dispatchId, settleVerification(verification), null)] : [{ dispatchId, state: 'confirmed' }];
  });
  await unit.save([...progress, ...lost], context.clock.now());
  context.opener.forget(picked);
  return progress.length + lost.length;
}

async function look(unit: WorkUnit, picked: readonly JournalEntry[], context: VerifyingContext) {
  const entries = picked.filter(isErasure);
  const { people, unreadable } = context.opener.open(entries);
  const verifications = await unit.verifyBatch(entries.flatMap((entry) => targetOf(entry, people)));
  // Erased, but the agent's key changed before it could look: it must not say `done`.
  const lost = unreadable.map((entry) => unverifiable(entry, 'envelope_unreadable'));
  return { verifications, lost };
}

export function unverifiable(entry: JournalEntry, reason: string): Progress {
  return verified(entry.dispatchId, { outcome: 'failed', assurance: 'applied', tables: entry.tables, reason }, null);
}

const verified = (dispatchId: string, settlement: Settlement, verifyAgainAt: Date | null): Progress => ({
  dispatchId,
  state: 'verified',
  settlement,
  verifyAgainAt,
});
