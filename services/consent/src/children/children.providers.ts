import { Outbox } from '@heed/outbox';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { SubjectStore } from '../subject/subject.store.js';
import { ChildGuard } from './child-guard.js';
import { ChildrenController } from './children.controller.js';
import { InheritAge } from './inherit-age.js';
import { LearnAges } from './learn-ages.use-case.js';
import { ResolveCase } from './resolve-case.use-case.js';

export const childControllers = [ChildrenController];

export const childProviders: readonly Provider[] = [
  { provide: ChildGuard, inject: [Outbox, ConsentStateFeed], useFactory: (outbox: Outbox, feed: ConsentStateFeed) => new ChildGuard(outbox, feed) },
  {
    provide: LearnAges,
    inject: [SubjectStore, PolicyStore, ChildGuard, RecordDecisions],
    useFactory: (subjects: SubjectStore, policies: PolicyStore, children: ChildGuard, decisions: RecordDecisions) => new LearnAges(subjects, policies, children, decisions),
  },
  {
    provide: InheritAge,
    inject: [PolicyStore, ChildGuard, RecordDecisions],
    useFactory: (policies: PolicyStore, children: ChildGuard, decisions: RecordDecisions) => new InheritAge(policies, children, decisions),
  },
  {
    provide: ResolveCase,
    inject: [PolicyStore, RecordDecisions, Outbox, ConsentStateFeed],
    useFactory: (policies: PolicyStore, decisions: RecordDecisions, outbox: Outbox, feed: ConsentStateFeed) => new ResolveCase(policies, decisions, outbox, feed),
  },
];
