import { acknowledgements } from '@heed/certificate-register';
import type { Act } from '@heed/certificate-register';
import type { Tx } from '@heed/persistence';
import type { RequestRow } from '../case/adapters/request.store.js';

/** From when a mail was taken by its server until dsar had heard of it. */
const HEARD_WITHIN_MS = 60_000;

/** What the ledger has of cases: that they were opened, verified and approved, and what every store answered. */
export async function actsOf(tx: Tx, requests: readonly RequestRow[]): Promise<ReadonlyMap<string, readonly Act[]>> {
  const answers = Map.groupBy(await acknowledgements(tx, requests.flatMap((request) => request.dispatch_ids)), (act) => act.about['dispatchId']);
  return new Map(
    requests.map((request) => [request.id, [...ownActs(request), ...request.dispatch_ids.flatMap((id) => answers.get(id) ?? [])]]),
  );
}

function ownActs(request: RequestRow): readonly Act[] {
  const about = { requestId: request.id };
  const act = (kind: string, at: Date | null, within?: number): readonly Act[] => (at ? [{ kind, about, at, ...(within ? { within } : {}) }] : []);
  return [
    ...act('request.opened', request.received_at),
    ...act('request.acknowledged', request.acknowledged_at, HEARD_WITHIN_MS),
    ...act('request.verified', request.verified_at),
    ...act('request.approved', request.approved_at),
  ];
}
