import { Database, lookAtDue, UnitOfWork } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { AccessReviews } from './access-reviews.js';
import { REVIEWS } from './review.store.js';

/** Looks at the tenants whose review has a date that has come. Several instances may do so at once: the lock decides. */
@Injectable()
export class ReviewJob {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly reviews: AccessReviews,
  ) {}

  async run(): Promise<void> {
    await lookAtDue(this.database, REVIEWS, (tenant) =>
      this.unitOfWork.run(tenant, async (tx) => {
        await this.reviews.advance(tx);
        return false;
      }),
    );
  }
}
