import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { LearnAges } from '../children/learn-ages.use-case.js';
import { DeniedPurposes } from '../consent-record/denied-purposes.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { SubjectStore } from '../subject/subject.store.js';
import { BulkController } from './bulk.controller.js';
import { ExportController } from './export.controller.js';
import { RecordLines } from './record-lines.use-case.js';

export const bulkControllers = [BulkController, ExportController];

export const bulkProviders: readonly Provider[] = [
  {
    provide: RecordLines,
    inject: [UnitOfWork, RecordDecisions, DeniedPurposes, PolicyStore, SubjectStore, LearnAges],
    useFactory: (unitOfWork: UnitOfWork, decisions: RecordDecisions, denied: DeniedPurposes, policies: PolicyStore, subjects: SubjectStore, ages: LearnAges) =>
      new RecordLines({ unitOfWork, decisions, denied, policies, subjects, ages }),
  },
];
