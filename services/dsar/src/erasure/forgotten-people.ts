import type { Tx } from '@heed/persistence';
import { STATES_OVER } from '../case/domain/request-state.js';
import type { CaseVault } from '../case/adapters/case-vault.js';

interface Forgotten {
  readonly ref: string;
  readonly aliases: readonly string[];
  readonly erasedAt: string;
}

/**
 * Remembers who was forgotten and says which of their cases are over. Their cases are locked first: one that is just being
 * closed is either over when it is looked at here, or finds its person forgotten (`forgetClosed`).
 */
export async function forgetPeople(tx: Tx, people: readonly Forgotten[]): Promise<readonly string[]> {
  const when = new Map(people.flatMap(({ ref, aliases, erasedAt }) => [ref, ...aliases].map((one) => [one, erasedAt] as const)));
  if (when.size === 0) return [];
  const refs = [...when.keys()].sort();
  const locked = await tx.query<{ id: string }>('SELECT id FROM request WHERE ref = ANY($1) OR aliases && $1 ORDER BY id FOR UPDATE', [refs]);
  await tx.query(
    `INSERT INTO person (ref, version, forgotten_at) SELECT r, 0, t FROM unnest($1::text[], $2::timestamptz[]) AS f(r, t) ORDER BY r
     ON CONFLICT (ref) DO UPDATE SET forgotten_at = excluded.forgotten_at`,
    [refs, refs.map((ref) => when.get(ref))],
  );
  return overAndForgotten(tx, locked.map(({ id }) => id));
}

/** Takes the words of cases that were closed in this transaction, where their person is forgotten already. The caller has the cases' locks. */
export async function forgetClosed(tx: Tx, vault: CaseVault, requestIds: readonly string[]): Promise<void> {
  const ids = await overAndForgotten(tx, requestIds);
  if (ids.length > 0) await vault.shred(tx, ids);
}

async function overAndForgotten(tx: Tx, requestIds: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM request r WHERE id = ANY($1) AND state = ANY($2) AND key_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM person p WHERE p.ref = ANY(r.aliases || r.ref) AND p.forgotten_at IS NOT NULL) ORDER BY id`,
    [requestIds, STATES_OVER],
  );
  return rows.map(({ id }) => id);
}
