import { personErased } from '@heed/contracts-consent';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { CaseVault } from '../case/adapters/case-vault.js';
import { forgetPeople } from './forgotten-people.js';

/** Consent has forgotten the person, who was told before: what they and the case workers wrote goes too, in all their cases. */
@Controller()
export class ForgetWordsConsumer {
  constructor(private readonly vault: CaseVault) {}

  @Consumes('forgetting', personErased)
  async onErased({ events, tx }: EventBatch<typeof personErased>): Promise<void> {
    const erased = events.flatMap(({ data }) => (data.outcome === 'erased' ? [data] : []));
    const theirs = await forgetPeople(tx, erased);
    await this.vault.shred(tx, [...events.map(({ data }) => data.requestId), ...theirs]);
  }
}
