import { Database, UnitOfWork } from '@heed/persistence';
import type { Job } from '@heed/runtime';
import type { INestApplication, Provider } from '@nestjs/common';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { ExpireConsents } from './expire-consents.job.js';

/** Each look is an index scan of a few pages a tenant. */
const EVERY_MS = 30_000;

export const expiryProviders: Provider[] = [
  {
    provide: ExpireConsents,
    inject: [Database, UnitOfWork, RecordDecisions],
    useFactory: (database: Database, unitOfWork: UnitOfWork, decisions: RecordDecisions) => new ExpireConsents({ database, unitOfWork, decisions }),
  },
];

export const expiryJob = (app: INestApplication): Job => ({ name: 'consent-expiry', everyMs: EVERY_MS, run: () => app.get(ExpireConsents).run() });
