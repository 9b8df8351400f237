import { personErased } from '@heed/contracts-consent';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { uuidv7 } from '@heed/kernel';
import { Controller } from '@nestjs/common';
import { appendTimeline, lockRequests } from '../case/adapters/request.store.js';
import { CloseRequests } from './close-requests.use-case.js';
import type { Certified } from './close-requests.use-case.js';

/** Consent has forgotten who the person was: the case says so, and a certificate that tells it takes the place of the first. */
@Controller()
export class PersonErasedConsumer {
  constructor(private readonly closing: CloseRequests) {}

  @Consumes('consent', personErased)
  async onErased({ events, tx }: EventBatch<typeof personErased>): Promise<void> {
    const told = new Map(events.map(({ data }) => [data.requestId, data]));
    const requests = await lockRequests(tx, [...told.keys()]);
    const now = tx.clock.now();
    const renewed: Certified[] = [];
    for (const request of requests) {
      const data = told.get(request.id);
      const before = await this.closing.newest(tx, request.id);
      if (!data || !before || before.identity?.ledger.entryId === data.ledgerEntryId) continue;
      const { outcome, identifiers, keys, erasedAt, ledgerEntryId: entryId } = data;
      const identity = { outcome, identifiers, keys, erasedAt, ledger: { origin: `heed/consent/${tx.tenant}`, entryId } };
      renewed.push({ request, again: true, certificate: { ...before, id: uuidv7(now), issuedAt: now.toISOString(), supersedes: before.id, identity } });
    }
    await appendTimeline(
      tx,
      renewed.map(({ request, certificate }) => ({
        requestId: request.id,
        kind: certificate.identity?.outcome === 'kept' ? 'person_kept' : 'person_erased',
        actor: 'heed',
      })),
    );
    await this.closing.certify(tx, renewed);
  }
}
