import { refsOf } from '@heed/connector-spi';
import type { ErasureTarget, JournalEntry, Progress, WorkUnit } from '@heed/connector-spi';
import { failpoint } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Opener } from './opener.js';
import { settled } from './settlements.js';

export type ErasureEntry = Extract<JournalEntry, { kind: 'erasure' }>;
export const isErasure = (entry: JournalEntry): entry is ErasureEntry => entry.kind === 'erasure';

export interface ErasingContext {
  readonly opener: Opener;
  readonly clock: Clock;
  readonly chunkRows: number;
}

/**
 * Erases a batch of people in the store's transaction. Leave and holds are looked at in here, not before: a hold that
 * came in between must win.
 * @returns true when rows are left for another transaction
 */
export async function erasingBatch(unit: WorkUnit, picked: readonly JournalEntry[], context: ErasingContext): Promise<boolean> {
  const entries = picked.filter(isErasure);
  const now = context.clock.now();
  const expired = entries.filter((entry) => new Date(entry.data.clearance.expiresAt) <= now);
  const cleared = entries.filter((entry) => !expired.includes(entry));
  const { people, unreadable } = context.opener.open(cleared);
  const held = await unit.held(cleared.map((entry) => ({ dispatchId: entry.dispatchId, refs: refsOf(entry) })));
  const targets = cleared.flatMap((entry) => (held.has(entry.dispatchId) ? [] : targetOf(entry, people)));
  const results = await unit.eraseBatch(targets, { chunkRows: context.chunkRows });
  const progress: Progress[] = [
    ...expired.map((entry) => settled(entry, 'refused', { reason: 'clearance_expired' })),
    ...unreadable.filter((entry) => !held.has(entry.dispatchId)).map((entry) => settled(entry, 'refused', { reason: 'envelope_unreadable' })),
    ...cleared.filter((entry) => held.has(entry.dispatchId)).map((entry) => settled(entry, 'held', { reason: 'legal_hold' })),
    ...results.map(({ dispatchId, complete, large, tables, trail }): Progress =>
      complete ? { dispatchId, state: 'erased', tables, trail } : { dispatchId, state: 'erasing', tables, trail, large },
    ),
  ];
  await unit.save(progress, now);
  failpoint('agent.before-erase-commit');
  return results.some((result) => !result.complete);
}

export function targetOf(entry: ErasureEntry, people: ReadonlyMap<string, Pick<ErasureTarget, 'dispatchId' | 'identifiers'>>): ErasureTarget[] {
  const person = people.get(entry.dispatchId);
  if (!person) return [];
  const { commandId, tables, completedAt, data } = entry;
  return [{ ...person, commandId, asOf: new Date(data.asOf), lookedAt: wasSeen(entry) ? (completedAt ?? null) : null, tables, trail: trailOf(entry) }];
}

/** The first look is over: what is asked for is the second. */
const wasSeen = ({ state }: ErasureEntry): boolean => state === 'verified' || state === 'acknowledged';

/** An attempt that begins anew, e.g. after a hold, has its own beginning: who came back in between is kept. */
function trailOf({ state, trail }: ErasureEntry): ErasureTarget['trail'] {
  const { since, ...rest } = trail;
  return state === 'received' || since === undefined ? rest : trail;
}
