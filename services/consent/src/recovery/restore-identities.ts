import type { Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import { leadBack, leadTo } from '../identity/identity.store.js';

const version = z.int().min(0);
const merged = z.object({
  alias: z.string(), changeId: z.uuid(), kind: z.enum(['merge', 'login']), members: z.array(z.string()), reason: z.string(), actor: z.string(),
  versions: z.object({ ref: version, other: version }),
});
const split = z.object({ alias: z.string(), changeId: z.uuid(), members: z.array(z.string()), reason: z.string(), actor: z.string() });

/** A change of who is who that the copy lacks. */
export interface LostIdentity {
  readonly is: 'merged' | 'joined' | 'split';
  readonly ref: string;
  readonly at: string;
  readonly data: z.output<typeof split> & { readonly versions?: { readonly ref: number; readonly other: number } };
}

export function lostIdentities({ records }: Pick<Lost, 'records'>): readonly LostIdentity[] {
  return records.flatMap(({ kind, ref, at, data }): LostIdentity[] => {
    if (ref === undefined) return [];
    const [as, apart] = [kind === 'person.merged' ? merged.safeParse(data) : undefined, kind === 'person.split' ? split.safeParse(data) : undefined];
    if (as?.success) return [{ is: as.data.kind === 'login' ? 'joined' : 'merged', ref, at, data: as.data }];
    return apart?.success ? [{ is: 'split', ref, at, data: apart.data }] : [];
  });
}

/**
 * Who was found to be whom, in the order in which it was found; before the decisions, which then count under the ref that
 * they were made under. What a ref had decided before it was merged and split off again is not put back: it is asked again.
 */
export async function restoreIdentities(tx: Tx, changes: readonly LostIdentity[]): Promise<void> {
  for (const { is, ref, at, data } of changes) {
    const { alias, changeId, members, reason, actor, versions } = data;
    await tx.query(
      'INSERT INTO subject (ref, version, created_at) SELECT r, 0, $2::timestamptz FROM unnest($1::text[]) AS r ORDER BY r ON CONFLICT DO NOTHING',
      [[ref, alias, ...members], at],
    );
    if (is === 'split') await leadBack(tx, alias, members);
    else await leadTo(tx, ref, alias, is === 'joined');
    await tx.query('DELETE FROM consent_state WHERE ref = $1', [alias]);
    await tx.query(
      `INSERT INTO identity_change (id, kind, ref, other, members, reason, actor, changed_at, version, other_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [changeId, is, ref, alias, members, reason, actor, at, versions?.ref ?? null, versions?.other ?? null],
    );
  }
}

/** Decisions that were put back under a ref which leads to somebody else are in the register alone. */
export async function forgetStatesOfMerged(tx: Tx): Promise<void> {
  await tx.query('DELETE FROM consent_state c USING subject s WHERE s.ref = c.ref AND s.person IS NOT NULL');
}
