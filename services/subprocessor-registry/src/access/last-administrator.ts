import type { AccessRevocation } from '@heed/contracts-access';
import { conflict } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

/** Only they can give a role back, so that a tenant without one could never be looked after again from within. */
const ADMINISTRATOR = 'tenant-admin';
/** Who was not seen as one for so long may have left, and is nobody to rely on. */
const SEEN_WITHIN_DAYS = 90;

/**
 * Waits for whoever takes the same role away at the same time: of two administrators who revoke each other the second one
 * finds that they are the last.
 * @throws HeedError `last_administrator` (409) where nobody would be left who was seen lately and has not lost the role
 */
export async function keepAnAdministrator(tx: Tx, decisions: readonly Pick<AccessRevocation, 'kind' | 'target' | 'role' | 'inForce'>[]): Promise<void> {
  const losing = decisions.filter(({ kind, role, inForce }) => kind === 'role' && role === ADMINISTRATOR && inForce).map(({ target }) => target);
  if (losing.length === 0) return;
  // The lock, by itself: what others have committed meanwhile is seen by the next statement alone.
  await tx.query('SELECT 1 FROM role_holder WHERE role = $1 ORDER BY holder_id FOR UPDATE', [ADMINISTRATOR]);
  const holders = await tx.query<{ holder_id: string; last_seen: Date }>(
    `SELECT holder_id, last_seen FROM role_holder h WHERE role = $1 AND NOT EXISTS (
       SELECT 1 FROM access_revocation r WHERE r.kind = 'role' AND r.target = h.holder_id AND r.role = h.role AND r.in_force)`,
    [ADMINISTRATOR],
  );
  const isTaken = holders.some((holder) => losing.includes(holder.holder_id));
  const since = tx.clock.now().getTime() - SEEN_WITHIN_DAYS * 86_400_000;
  const isKept = holders.some((holder) => !losing.includes(holder.holder_id) && holder.last_seen.getTime() >= since);
  if (isTaken && !isKept) {
    throw conflict('last_administrator', `Nobody else was seen as ${ADMINISTRATOR} in the last ${SEEN_WITHIN_DAYS} days: roles could not be given back. Let another administrator sign in first.`);
  }
}
