import { consentMapConfirmed } from '@heed/contracts-consent';
import { dsarMapConfirmed } from '@heed/contracts-dsar';
import { retentionMapConfirmed } from '@heed/contracts-retention';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { MapActivation } from './map-activation.js';
import type { MapOwner } from './domain/confirmation.js';

/** What the three owners say of the map versions they hold. */
@Controller()
export class DataMapConsumer {
  constructor(private readonly activation: MapActivation) {}

  @Consumes('map', consentMapConfirmed)
  async onConsent(batch: EventBatch<typeof consentMapConfirmed>): Promise<void> {
    await this.confirm('consent', batch);
  }

  @Consumes('map', dsarMapConfirmed)
  async onDsar(batch: EventBatch<typeof dsarMapConfirmed>): Promise<void> {
    await this.confirm('dsar', batch);
  }

  @Consumes('map', retentionMapConfirmed)
  async onRetention(batch: EventBatch<typeof retentionMapConfirmed>): Promise<void> {
    await this.confirm('retention', batch);
  }

  private async confirm(owner: MapOwner, batch: EventBatch<typeof consentMapConfirmed>): Promise<void> {
    for (const { data } of batch.events) await this.activation.confirm(batch.tx, owner, data.mapVersion);
  }
}
