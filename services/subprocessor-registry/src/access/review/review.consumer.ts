import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { AccessReviews } from './access-reviews.js';

/** A tenant's first policy starts its clock; another one may promise reviews more often. */
@Controller()
export class ReviewConsumer {
  constructor(private readonly reviews: AccessReviews) {}

  @Consumes('reviews', policyActivated)
  async onActivated({ tx }: EventBatch<typeof policyActivated>): Promise<void> {
    await this.reviews.advance(tx);
  }
}
