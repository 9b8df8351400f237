import { dsarEvents } from '@heed/contracts-dsar';
import { restoreDispatches } from '@heed/fanout';
import { openFieldVault, restoreShreds } from '@heed/key-store';
import type { Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import { CaseVault } from '../case/adapters/case-vault.js';
import type { dsarEnvironment } from '../dsar.config.js';
import { lostRequests } from './lost-requests.js';
import { approvedErasures, isNew, restoreRequests } from './restore-requests.js';

/**
 * What dsar puts back of its own: cases and where they stood, and the erasures that were approved. A certificate is issued
 * anew when the stores' answers have been read again.
 */
export const dsarRecovery: ServiceRecovery<typeof dsarEnvironment> = {
  ownTopics: [dsarEvents[0].topics[0] ?? '', 'heed.t.{tenant}.commands.v1'],
  ingressTopic: 'heed.t.{tenant}.ingress.v1',
  restore: (platform): Restore => {
    const vault = new CaseVault(openFieldVault('dsar', platform));
    return async (tx, lost, { applied, missing }) => {
      applied.add('keys_destroyed', await restoreShreds(tx, lost.records));
      const requests = lostRequests(lost);
      if (requests.length === 0) return;
      await restoreRequests(tx, vault, requests);
      const { pack } = await new PolicyStore().current(tx);
      const dispatches = await restoreDispatches(tx, 'dsar', await approvedErasures(tx, pack, requests), lost.published);
      await tx.query('UPDATE request r SET aliases = d.aliases FROM dispatch d WHERE d.id = ANY(r.dispatch_ids) AND r.id = ANY($1)', [requests.map(({ id }) => id)]);
      await tx.query(
        'UPDATE person p SET version = GREATEST(p.version, d.version) FROM (SELECT ref, max(version) AS version FROM dispatch GROUP BY ref) AS d WHERE d.ref = p.ref',
      );
      const opened = requests.filter(isNew);
      applied.add('requests', opened.length);
      applied.add('acts_on_requests', requests.reduce((sum, { timeline }) => sum + timeline.length, 0));
      applied.add('dispatches', dispatches.restored);
      missing.add('dispatches_without_a_data_map', dispatches.withoutMap);
      missing.add('words_of_requests', opened.length);
      missing.add('people_of_requests', opened.filter(({ ref }) => ref === undefined).length);
      missing.add('status_pages', opened.filter((one) => one.opened.token === null).length);
    };
  },
};
