import { erasureCompleted } from '@heed/contracts-dsar';
import { messageFailed, messageSent } from '@heed/contracts-notifications';
import { holdPlaced, holdPlacedOnPerson, holdReleased } from '@heed/contracts-retention';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { keepTasks, markTold, placeHolds, releaseHolds } from './erasure-task.store.js';

const CLOSING = 'request_closed';

/** What consent listens to before it forgets somebody: the last store's answer, the mail that says so, and legal holds. */
@Controller()
export class ErasureConsumer {
  @Consumes('erasures', erasureCompleted)
  async onCompleted({ events, tx }: EventBatch<typeof erasureCompleted>): Promise<void> {
    await keepTasks(tx, events.map(({ data }) => data));
  }

  @Consumes('erasures', messageSent)
  async onSent({ events, tx }: EventBatch<typeof messageSent>): Promise<void> {
    await this.told(tx, events.map(({ data }) => data));
  }

  @Consumes('erasures', messageFailed)
  async onFailed({ events, tx }: EventBatch<typeof messageFailed>): Promise<void> {
    await this.told(tx, events.map(({ data }) => data));
  }

  @Consumes('erasures', holdPlaced)
  async onHeld({ events, tx }: EventBatch<typeof holdPlaced>): Promise<void> {
    await placeHolds(tx, events.map(({ data }) => ({ ...data, aliases: [] })));
  }

  @Consumes('erasures', holdPlacedOnPerson)
  async onPersonHeld({ events, tx }: EventBatch<typeof holdPlacedOnPerson>): Promise<void> {
    await placeHolds(tx, events.map(({ data }) => data));
  }

  @Consumes('erasures', holdReleased)
  async onReleased({ events, tx }: EventBatch<typeof holdReleased>): Promise<void> {
    await releaseHolds(tx, events.map(({ data }) => data.holdId));
  }

  private async told(tx: EventBatch<typeof messageSent>['tx'], mails: readonly { readonly requestId: string | null; readonly template: string }[]): Promise<void> {
    const closed = mails.flatMap(({ requestId, template }) => (requestId && template === CLOSING ? [requestId] : []));
    if (closed.length > 0) await markTold(tx, closed);
  }
}
