import { Database, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import type { INestApplication, Provider } from '@nestjs/common';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { NoticeController } from '../notice/notice.controller.js';
import { SubjectStore } from '../subject/subject.store.js';
import { CampaignController } from './campaign.controller.js';
import { MayAskConsent } from './may-ask.use-case.js';
import { RunCampaigns } from './run-campaigns.job.js';
import { StartCampaign } from './start-campaign.use-case.js';

/** A look into a table that is empty or nearly so, for each tenant. */
const EVERY_MS = 2000;

export const campaignControllers = [CampaignController, NoticeController];

export const campaignProviders: readonly Provider[] = [
  { provide: StartCampaign, inject: [PolicyStore, RecordDecisions], useFactory: (policies: PolicyStore, decisions: RecordDecisions) => new StartCampaign(policies, decisions) },
  { provide: MayAskConsent, inject: [SubjectStore, PolicyStore], useFactory: (subjects: SubjectStore, policies: PolicyStore) => new MayAskConsent(subjects, policies) },
  {
    provide: RunCampaigns,
    inject: [Database, UnitOfWork, PolicyStore, RecordDecisions],
    useFactory: (database: Database, unitOfWork: UnitOfWork, policies: PolicyStore, decisions: RecordDecisions) => new RunCampaigns({ database, unitOfWork, policies, decisions }),
  },
];

export const campaignJob = (app: INestApplication): Job => ({ name: 'campaigns', everyMs: EVERY_MS, run: () => app.get(RunCampaigns).run() });
