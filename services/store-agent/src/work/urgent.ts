import { refsOf, rowsOf } from '@heed/connector-spi';
import type { HoldPlacement, HoldResult, JournalEntry, Progress, PurposeChange, WorkUnit } from '@heed/connector-spi';
import type { Clock } from '@heed/kernel';
import type { Opener } from './opener.js';
import { settled } from './settlements.js';

/** Withdrawals, grants, holds and releases of a batch of people, each set-based. */
export async function urgentBatch(unit: WorkUnit, entries: readonly JournalEntry[], opener: Opener, clock: Clock): Promise<void> {
  const progress = [
    ...(await switchPurposes(unit, entries, opener)),
    ...(await withHolds(entries, 'hold', (holds) => unit.placeHolds(holds))),
    ...(await withHolds(entries, 'hold_release', (holds) => unit.releaseHolds(holds))),
  ];
  await unit.save(progress, clock.now());
}

type ConsentEntry = Extract<JournalEntry, { kind: 'withdrawal' | 'grant' }>;
const isConsent = (entry: JournalEntry): entry is ConsentEntry => entry.kind === 'withdrawal' || entry.kind === 'grant';

async function switchPurposes(unit: WorkUnit, entries: readonly JournalEntry[], opener: Opener): Promise<readonly Progress[]> {
  const consents = entries.filter(isConsent);
  if (consents.length === 0) return [];
  const { people, unreadable } = opener.open(consents);
  const changes = consents.flatMap((entry): PurposeChange[] => {
    const person = people.get(entry.dispatchId);
    if (!person) return [];
    const { ref, version, purposes } = entry.data;
    return [{ ...person, ref, version, purposes, on: entry.kind === 'grant' }];
  });
  const results = new Map((await unit.applyPurposes(changes)).map((result) => [result.dispatchId, result]));
  return [
    ...unreadable.map((entry) => settled(entry, 'refused', { reason: 'envelope_unreadable' })),
    ...consents.flatMap((entry) => {
      const result = results.get(entry.dispatchId);
      if (!result) return [];
      const outcome = result.superseded ? 'superseded' : rowsOf(result.tables) > 0 ? 'done' : 'nothing_found';
      return [settled(entry, outcome, { tables: result.tables })];
    }),
  ];
}

async function withHolds(
  entries: readonly JournalEntry[],
  kind: 'hold' | 'hold_release',
  act: (holds: readonly HoldPlacement[]) => Promise<readonly HoldResult[]>,
): Promise<readonly Progress[]> {
  const placements = entries.flatMap((entry): HoldPlacement[] =>
    entry.kind === kind ? [{ dispatchId: entry.dispatchId, holdId: entry.data.holdId, refs: refsOf(entry) }] : [],
  );
  if (placements.length === 0) return [];
  const results = new Map((await act(placements)).map((result) => [result.dispatchId, result]));
  return entries.flatMap((entry) => {
    const result = results.get(entry.dispatchId);
    if (!result) return [];
    return [settled(entry, result.superseded ? 'superseded' : 'done', { alreadyErased: result.alreadyErased })];
  });
}
