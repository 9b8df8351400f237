import type { PackPath } from '../issue.js';
import type { Check } from './check.js';

type Keyed = readonly { readonly [key: string]: unknown }[];

/** Two entries of one list with the same key contradict each other, and nobody could say which one holds. */
export const checkUniqueIds: Check = (pack, report) => {
  const lists: readonly [PackPath, Keyed, (entry: Keyed[number]) => string][] = [
    [['jurisdictions', 'list'], pack.jurisdictions.list, by('id')],
    [['calendar', 'overrides'], pack.calendar.overrides, by('date')],
    [['dataCategories'], pack.dataCategories, by('id')],
    [['collection', 'excluded'], pack.collection.excluded, by('id')],
    [['purposes'], pack.purposes, by('id')],
    [['neverPurposes'], pack.neverPurposes, by('id')],
    [['retention'], pack.retention, by('category')],
    [['consent', 'withdrawal', 'channels'], pack.consent.withdrawal.channels, by('channel')],
    [['notices', 'consent'], pack.notices.consent, (n) => `${String(n['id'])} version ${String(n['version'])}`],
    [['cookies'], pack.cookies ?? [], by('class')],
    [['requests', 'types'], pack.requests.types, by('type')],
    [['requests', 'channels'], pack.requests.channels, by('channel')],
    [['requests', 'selfService'], pack.requests.selfService, by('id')],
    [['subprocessors', 'vendors'], pack.subprocessors.vendors, by('id')],
    [['transfers', 'flows'], pack.transfers.flows, by('id')],
    [['transfers', 'pinned'], pack.transfers.pinned, by('region')],
    [['audit', 'plans'], pack.audit.plans, by('plan')],
    [['assurance'], pack.assurance, by('id')],
    [['promises'], pack.promises, by('id')],
  ];
  for (const [path, list, keyOf] of lists) {
    const seen = new Set<string>();
    for (const [index, entry] of list.entries()) {
      const key = keyOf(entry);
      if (seen.has(key)) report('id_duplicate', `${key} stands twice in ${path.map(String).join('.')}`, [...path, index]);
      seen.add(key);
    }
  }
};

function by(key: string): (entry: Keyed[number]) => string {
  return (entry) => String(entry[key]);
}
