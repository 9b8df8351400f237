import { personMerged, personSplit } from '@heed/contracts-consent';
import { Fanout } from '@heed/fanout';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import type { Tx } from '@heed/persistence';
import { Controller } from '@nestjs/common';
import { appendTimeline } from '../case/adapters/request.store.js';
import { askAboutMerged, askAboutParted } from './identity-questions.js';
import type { Questioned } from './identity-questions.js';

/** Who a person is has changed while an erasure of theirs is open: it waits for somebody who says whom it is about. */
@Controller()
export class PersonIdentityConsumer {
  constructor(private readonly fanout: Fanout) {}

  @Consumes('identity', personMerged)
  async onMerged({ events, tx }: EventBatch<typeof personMerged>): Promise<void> {
    for (const { data } of events) await this.ask(tx, 'person_merged', await askAboutMerged(tx, data));
  }

  @Consumes('identity', personSplit)
  async onSplit({ events, tx }: EventBatch<typeof personSplit>): Promise<void> {
    for (const { data } of events) await this.ask(tx, 'person_split', await askAboutParted(tx, data));
  }

  private async ask(tx: Tx, kind: string, cases: readonly Questioned[]): Promise<void> {
    await this.fanout.paused(tx, cases.flatMap((one) => one.dispatch_ids));
    await appendTimeline(tx, cases.map((one) => ({ requestId: one.id, kind, actor: 'heed', data: { refs: one.asks_about } })));
    for (const one of cases) tx.record({ kind: `request.${kind}`, ref: one.ref, data: { requestId: one.id, refs: one.asks_about } });
  }
}
