import { inPortions } from '@heed/persistence';
import type { TenantSource, UnitOfWork } from '@heed/persistence';
import type { Job, Platform } from '@heed/runtime';

const DAY_MS = 86_400_000;
/** A mailbox that is numbered anew is read again as far back as this: what is older may have been handed over. */
export const REREAD_MS = 400 * DAY_MS;
/** Longer by more than the clock of a mail server is wrong. */
const KEPT_MS = REREAD_MS + 2 * DAY_MS;
const EVERY_MS = 3_600_000;
/** Rows of one transaction. */
const BATCH = 5000;

/** Forgets which mails were handed over, where none of them can be read once more. */
export function forgetHandedMails(tenants: TenantSource, unitOfWork: Pick<UnitOfWork, 'run'>): Promise<void> {
  return inPortions(tenants, unitOfWork, BATCH, async (tx) => (await tx.query(FORGET, [new Date(tx.clock.now().getTime() - KEPT_MS)])).length);
}

const FORGET = `DELETE FROM handed_mail WHERE id IN (
  SELECT id FROM handed_mail WHERE handed_at < $1 ORDER BY handed_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING 1 AS one`;

export const handedMailsJob = ({ database, unitOfWork }: Pick<Platform, 'database' | 'unitOfWork'>): Job => ({
  name: 'forget-handed-mails',
  everyMs: EVERY_MS,
  run: () => forgetHandedMails(database, unitOfWork),
});
