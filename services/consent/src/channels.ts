import { CertificateReader } from '@heed/certificate-register';
import { UnitOfWork } from '@heed/persistence';
import type { Platform } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import type { ConsentEnvironment } from './consent.config.js';
import { DecisionQueue } from './consent-record/decision-queue.js';
import { DeniedPurposes } from './consent-record/denied-purposes.js';
import { RecordDecisions } from './consent-record/record-decisions.use-case.js';
import { LinkController } from './link/link.controller.js';
import { MakeLinks } from './link/make-links.use-case.js';
import { ChoosePreferences } from './preference-page/choose.use-case.js';
import { LinkPageController } from './preference-page/link-page.controller.js';
import { OwnReceiptsController } from './preference-page/own-receipts.controller.js';
import { OwnReceipts } from './preference-page/own-receipts.js';
import { UnknownLink } from './preference-page/unknown-link.js';
import { Unsubscribe } from './preference-page/unsubscribe.use-case.js';
import { Receipts } from './receipt/receipts.use-case.js';
import { GpcController } from './signal/gpc.controller.js';
import { HonourGpc } from './signal/honour-gpc.use-case.js';
import { SyncDecisions } from './sync/sync-decisions.use-case.js';
import { SyncController } from './sync/sync.controller.js';

export const channelControllers = [LinkController, LinkPageController, OwnReceiptsController, GpcController, SyncController];

const DECIDING = [UnitOfWork, PolicyStore, DecisionQueue];

/** The ways by which people and other systems say no, beside the API and the ingress topic. All end in the same decisions. */
export const channelProviders = ({ environment }: Platform<ConsentEnvironment>): readonly Provider[] => [
  { provide: MakeLinks, inject: [PolicyStore], useFactory: (policies: PolicyStore) => new MakeLinks(policies, environment.HEED_ORIGIN) },
  { provide: UnknownLink, inject: [UnitOfWork, PolicyStore], useFactory: (unitOfWork: UnitOfWork, policies: PolicyStore) => new UnknownLink(unitOfWork, policies) },
  { provide: Unsubscribe, inject: DECIDING, useFactory: (unitOfWork: UnitOfWork, policies: PolicyStore, queue: DecisionQueue) => new Unsubscribe(unitOfWork, policies, queue) },
  {
    provide: ChoosePreferences,
    inject: DECIDING,
    useFactory: (unitOfWork: UnitOfWork, policies: PolicyStore, queue: DecisionQueue) => new ChoosePreferences(unitOfWork, policies, queue),
  },
  {
    provide: OwnReceipts,
    inject: [UnitOfWork, Receipts, CertificateReader],
    useFactory: (unitOfWork: UnitOfWork, receipts: Receipts, certificates: CertificateReader) => new OwnReceipts(unitOfWork, receipts, certificates),
  },
  { provide: HonourGpc, inject: DECIDING, useFactory: (unitOfWork: UnitOfWork, policies: PolicyStore, queue: DecisionQueue) => new HonourGpc(unitOfWork, policies, queue) },
  {
    provide: SyncDecisions,
    inject: [UnitOfWork, RecordDecisions, DeniedPurposes],
    useFactory: (unitOfWork: UnitOfWork, decisions: RecordDecisions, denied: DeniedPurposes) => new SyncDecisions({ unitOfWork, decisions, denied }),
  },
];
