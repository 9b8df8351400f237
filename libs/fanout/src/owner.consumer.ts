import { acknowledged } from '@heed/contracts-fanout';
import { agentKeyRevoked, mapActivated, mapProposed } from '@heed/contracts-subprocessor-registry';
import { newEvent } from '@heed/kernel';
import type { EventDefinition } from '@heed/kernel';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Outbox } from '@heed/outbox';
import { Controller, Inject } from '@nestjs/common';
import { keepRevoked } from './agent-keys.js';
import { Fanout } from './fanout.js';

/** The owner's own `map_confirmed` event. */
export const MAP_CONFIRMED = Symbol('heed.fanout.map-confirmed');

/** What every owner of dispatches listens to: the tenant's data map, and the acknowledgements of its own targets. */
@Controller()
export class OwnerConsumer {
  constructor(
    private readonly fanout: Fanout,
    private readonly outbox: Outbox,
    @Inject(MAP_CONFIRMED) private readonly confirmed: EventDefinition,
  ) {}

  @Consumes('registry', mapProposed)
  async onProposed({ events, tx }: EventBatch<typeof mapProposed>): Promise<void> {
    for (const { data } of events) {
      await this.fanout.mapProposed(tx, data.mapVersion, data.stores);
      this.outbox.append(
        [
          newEvent(this.confirmed, {
            source: `/heed/${this.fanout.owner}`,
            tenant: tx.tenant,
            key: tx.tenant,
            data: { mapVersion: data.mapVersion },
            clock: tx.clock,
            cause: tx.cause,
          }),
        ],
        tx,
      );
    }
  }

  @Consumes('registry', mapActivated)
  async onActivated({ events, tx }: EventBatch<typeof mapActivated>): Promise<void> {
    for (const { data } of events) await this.fanout.mapActivated(tx, data.mapVersion);
  }

  @Consumes('registry', agentKeyRevoked)
  async onRevoked({ events, tx }: EventBatch<typeof agentKeyRevoked>): Promise<void> {
    await keepRevoked(tx, events.map(({ data }) => data));
  }

  @Consumes('acks', acknowledged)
  async onAcknowledged({ events, tx }: EventBatch<typeof acknowledged>): Promise<void> {
    await this.fanout.acknowledged(tx, events);
  }
}
