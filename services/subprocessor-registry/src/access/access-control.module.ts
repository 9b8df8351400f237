import { Module } from '@nestjs/common';
import { AccessReportConsumer } from './access-report.consumer.js';
import { ApplicationsController } from './applications.controller.js';
import { RefusalsController } from './refusals.controller.js';
import { AccessReviews } from './review/access-reviews.js';
import { AccessReviewsController } from './review/access-reviews.controller.js';
import { ReviewConsumer } from './review/review.consumer.js';
import { ReviewJob } from './review/review.job.js';
import { RevokeAccess } from './revoke-access.use-case.js';
import { RoleHoldersController } from './role-holders.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TidyAccess } from './tidy-access.job.js';

/** Who was let in with what, what is taken away again, and the reviews of both. */
@Module({
  controllers: [SessionsController, ApplicationsController, RoleHoldersController, RefusalsController, AccessReviewsController, AccessReportConsumer, ReviewConsumer],
  providers: [RevokeAccess, AccessReviews, ReviewJob, TidyAccess],
})
export class AccessControlModule {}
