import { consentEvents } from '@heed/contracts-consent';
import { restoreDispatches } from '@heed/fanout';
import type { LostDispatch } from '@heed/fanout';
import { openFieldVault, restoreShreds } from '@heed/key-store';
import { addDuration, calendarOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { markHandled } from '@heed/recovery';
import type { Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { consentEnvironment } from '../consent.config.js';
import { publishAnew } from '../consent-state/publish-anew.js';
import { passOverForgotten } from './pass-over-forgotten.js';
import { lostDecisions, restoreDecisions, restoreVersions } from './restore-decisions.js';
import type { LostDecision } from './restore-decisions.js';
import { restoreErasures } from './restore-erasures.js';
import { restoreAges, restoreCookieDomains } from './restore-protections.js';
import { forgetStatesOfMerged, lostIdentities, restoreIdentities } from './restore-identities.js';

/**
 * What consent puts back of its own: who decided what, the dispatches of it, whom it had forgotten, and which keys went. Who
 * a person is that came after the copy stood in that database alone.
 */
export const consentRecovery: ServiceRecovery<typeof consentEnvironment> = {
  ownTopics: [consentEvents[0].topics[0] ?? '', 'heed.t.{tenant}.commands.v1'],
  ingressTopic: 'heed.t.{tenant}.ingress.v1',
  restore: (platform): Restore => async (tx, lost, { applied, missing }) => {
    const decisions = lostDecisions(lost);
    const identities = lostIdentities(lost);
    await restoreIdentities(tx, identities);
    applied.add('people_merged_or_split', identities.length);
    missing.add('decisions_of_people_split_off', identities.filter(({ is }) => is === 'split').length);
    missing.add('identifiers_linked_or_unlinked', lost.records.filter(({ kind }) => kind === 'identifiers.linked' || kind === 'identifiers.unlinked').length);
    await restoreDecisions(tx, decisions, new PolicyStore());
    await restoreVersions(tx, lost);
    await forgetStatesOfMerged(tx);
    applied.add('decisions', decisions.length);
    missing.add('notices_and_actors_of_decisions', decisions.length);
    const erased = await restoreErasures(tx, lost);
    applied.add('people_forgotten', erased.people);
    applied.add('identifiers_of_forgotten_people', erased.identifiers.length);
    const decided = new Set(decisions.flatMap(({ heard }) => heard ?? []));
    await passOverForgotten(tx, openFieldVault('consent', platform), lost, decided, erased.identifiers);
    applied.add('keys_destroyed', await restoreShreds(tx, lost.records));
    applied.add('children', await restoreAges(tx, lost, new PolicyStore()));
    applied.add('cookie_domains', await restoreCookieDomains(tx, lost));
    await publishAnew(tx);
    if (decisions.length === 0) return;
    const { pack } = await new PolicyStore().current(tx);
    const dispatches = await restoreDispatches(tx, 'consent', dispatchesOf(pack, decisions), lost.published);
    applied.add('dispatches', dispatches.restored);
    missing.add('dispatches_without_a_data_map', dispatches.withoutMap);
    const unknown = await unknownPeople(tx, decisions);
    missing.add('identifiers_of_people', unknown.size);
    // Who came through ingress and is not known by identifiers any more is let come once more: the event names them.
    await markHandled(tx, 'consent.ingress', decisions.flatMap(({ ref, heard }) => (heard && !unknown.has(ref) ? [heard] : [])));
  },
};

function dispatchesOf(pack: PolicyPack, decisions: readonly LostDecision[]): readonly LostDispatch[] {
  return [...Map.groupBy(decisions, ({ dispatchId }) => dispatchId)].flatMap(([id, own]): LostDispatch[] => {
    const [first] = own;
    // Of a question that is open no store was told.
    if (!first || id === undefined) return [];
    const { ref, version, state } = first;
    const createdAt = new Date(first.recordedAt);
    return [
      {
        id, kind: state === 'given' ? 'grant' : 'withdrawal', ref, version, createdAt,
        cause: { type: `consent_${state}`, id: 'recovered' },
        body: { purposes: own.map(({ purpose }) => purpose) },
        dueAt: addDuration(createdAt, pack.operations.acknowledgementDue.value, calendarOf(pack)),
      },
    ];
  });
}

async function unknownPeople(tx: Tx, decisions: readonly LostDecision[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ ref: string }>(
    `SELECT ref FROM subject s WHERE s.ref = ANY($1) AND s.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM identifier i WHERE i.ref = s.ref)`,
    [[...new Set(decisions.map(({ ref }) => ref))]],
  );
  return new Set(rows.map(({ ref }) => ref));
}
