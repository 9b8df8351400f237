import { personMerged, personSplit } from '@heed/contracts-consent';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { HoldPerson } from '../hold/app/hold-person.use-case.js';
import { dropAlias, keepAliases } from './alias.store.js';

/** Consent found two refs to be one person: a hold on either protects both, and stays on both should they part again. */
@Controller()
export class PersonIdentityConsumer {
  constructor(private readonly holds: HoldPerson) {}

  @Consumes('consent', personMerged)
  async onMerged({ events, tx }: EventBatch<typeof personMerged>): Promise<void> {
    for (const { data } of events) await this.holds.extend(tx, await keepAliases(tx, data));
  }

  @Consumes('consent', personSplit)
  async onSplit({ events, tx }: EventBatch<typeof personSplit>): Promise<void> {
    for (const { data } of events) await dropAlias(tx, data);
  }
}
