import { consentEvents } from '@heed/contracts-consent';
import { activeMap, dispatchesOf, Fanout, restoreDispatches } from '@heed/fanout';
import type { NewDispatch } from '@heed/fanout';
import { isHeedError } from '@heed/kernel';
import { restoreShreds } from '@heed/key-store';
import { addDuration, calendarOf } from '@heed/policy';
import type { Lost, Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { consentEnvironment } from '../consent.config.js';
import { lostDecisions, restoreDecisions } from './restore-decisions.js';
import type { LostDecision } from './restore-decisions.js';
import { restoreErasures } from './restore-erasures.js';

/**
 * What consent puts back of its own: who decided what, the dispatches of it, whom it had forgotten, and which keys went. Who
 * a person is that came after the copy stood in that database alone.
 */
export const consentRecovery: ServiceRecovery<typeof consentEnvironment> = {
  ownTopics: [consentEvents[0].topics[0] ?? '', 'heed.t.{tenant}.commands.v1'],
  restore: (): Restore => async (tx, lost, { applied, missing }) => {
    const decisions = lostDecisions(lost);
    await restoreDecisions(tx, decisions);
    applied.add('decisions', decisions.length);
    missing.add('notices_and_actors_of_decisions', decisions.length);
    const erased = await restoreErasures(tx, lost);
    applied.add('people_forgotten', erased.people);
    applied.add('identifiers_of_forgotten_people', erased.identifiers);
    applied.add('keys_destroyed', await restoreShreds(tx, lost.records));
    const dispatches = await restoreOwnDispatches(tx, lost, decisions);
    applied.add('dispatches', dispatches.restored);
    missing.add('dispatches_without_a_data_map', dispatches.unsent);
    missing.add('identifiers_of_people', await unknownPeople(tx, decisions));
  },
};

/** Those that were sent are in the commands; a decision whose dispatch never left is opened now, so that it is not lost. */
async function restoreOwnDispatches(tx: Tx, lost: Lost, decisions: readonly LostDecision[]): Promise<{ restored: number; unsent: number }> {
  const { pack } = await new PolicyStore().current(tx);
  const dueAt = (from: Date): Date => addDuration(from, pack.operations.acknowledgementDue.value, calendarOf(pack));
  const cause = (kind: string): { type: string; id: string } => ({ type: kind === 'grant' ? 'consent_given' : 'consent_withdrawn', id: 'recovered' });
  const about = new Map(decisions.map((decision) => [decision.dispatchId, decision]));
  const sent = dispatchesOf(lost.published, 'consent', (kind, _, at) => ({ cause: cause(kind), dueAt: dueAt(at) })).filter(({ id }) => about.has(id));
  const restored = await restoreDispatches(tx, sent);
  const known = new Set((await tx.query<{ id: string }>('SELECT id FROM dispatch WHERE id = ANY($1)', [[...about.keys()]])).map(({ id }) => id));
  const unsent = [...Map.groupBy(decisions.filter(({ dispatchId }) => !known.has(dispatchId)), (one) => one.dispatchId)].flatMap(([id, own]): NewDispatch[] => {
    const [first] = own;
    if (!first) return [];
    const kind = first.state === 'given' ? 'grant' : 'withdrawal';
    return [{ id, kind, ref: first.ref, version: first.version, cause: cause(kind), body: { purposes: own.map(({ purpose }) => purpose) }, dueAt: dueAt(tx.clock.now()) }];
  });
  if (unsent.length === 0) return { restored, unsent: 0 };
  if (!(await hasMap(tx))) return { restored, unsent: unsent.length };
  await new Fanout({ owner: 'consent' }).open(tx, unsent);
  return { restored: restored + unsent.length, unsent: 0 };
}

async function hasMap(tx: Tx): Promise<boolean> {
  return activeMap(tx).then(
    () => true,
    (error: unknown) => {
      if (isHeedError(error) && error.code === 'data_map_not_ready') return false;
      throw error;
    },
  );
}

async function unknownPeople(tx: Tx, decisions: readonly LostDecision[]): Promise<number> {
  const refs = [...new Set(decisions.map(({ ref }) => ref))];
  const [row] = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM subject s WHERE s.ref = ANY($1) AND s.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM identifier i WHERE i.ref = s.ref)`,
    [refs],
  );
  return row?.count ?? 0;
}
