import { Outbox } from '@heed/outbox';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { CheckConsent } from '../check/check.use-case.js';
import { LearnAges } from '../children/learn-ages.use-case.js';
import { SubjectStore } from '../subject/subject.store.js';
import { RecordVisits } from './record-visits.use-case.js';
import { VisitController } from './visit.controller.js';

export const visitControllers = [VisitController];

export const visitProviders: readonly Provider[] = [
  {
    provide: RecordVisits,
    inject: [CheckConsent, PolicyStore, SubjectStore, LearnAges, Outbox],
    useFactory: (checks: CheckConsent, policies: PolicyStore, subjects: SubjectStore, ages: LearnAges, outbox: Outbox) =>
      new RecordVisits({ checks, policies, subjects, ages, outbox }),
  },
];
