import { consentMapConfirmed } from '@heed/contracts-consent';
import { Fanout, FANOUT_OPTIONS, FanoutModule, SEALER } from '@heed/fanout';
import { FieldVault, openFieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { PolicyConsumer, PolicyStore } from '@heed/tenant-policy';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { bulkControllers, bulkProviders } from './bulk/bulk.providers.js';
import { channelControllers, channelProviders } from './channels.js';
import { campaignControllers, campaignProviders } from './campaign/campaign.providers.js';
import { CertificateController } from './certificate/certificate.controller.js';
import { consentCertificates } from './certificate/certificate.providers.js';
import { ChildGuard } from './children/child-guard.js';
import { childControllers, childProviders } from './children/children.providers.js';
import { LearnAges } from './children/learn-ages.use-case.js';
import { CheckController } from './check/check.controller.js';
import { CheckQueue } from './check/check-queue.js';
import { CheckConsent } from './check/check.use-case.js';
import type { ConsentEnvironment } from './consent.config.js';
import { ConsentStateFeed } from './consent-state/consent-state-feed.js';
import { consentStateControllers, consentStateProviders } from './consent-state/consent-state.providers.js';
import { ConsentController } from './consent-record/consent.controller.js';
import { DecisionQueue } from './consent-record/decision-queue.js';
import { IngressConsumer } from './consent-record/ingress.consumer.js';
import { cookieControllers, cookieProviders } from './cookie/cookie.providers.js';
import { DeniedPurposes } from './consent-record/denied-purposes.js';
import { MailedWithdrawalsConsumer } from './consent-record/mailed-withdrawals.consumer.js';
import { ReceiptController } from './receipt/receipt.controller.js';
import { RecordDecisions } from './consent-record/record-decisions.use-case.js';
import { ErasePeople } from './erasure/erase-people.job.js';
import { ErasureConsumer } from './erasure/erasure.consumer.js';
import { IdentityConsumer } from './identity/identity.consumer.js';
import { IdentityController } from './identity/identity.controller.js';
import { identityProviders } from './identity/identity.providers.js';
import { PartErased } from './identity/part-erased.js';
import { expiryProviders } from './expiry/expiry.providers.js';
import { InvalidationController } from './invalidation/invalidation.controller.js';
import { PurposeController } from './purpose/purpose.controller.js';
import { InternalController } from './subject/internal.controller.js';
import { SealedIdentifiers } from './subject/sealed-identifiers.js';
import { SubjectSealer } from './subject/sealer.js';
import { visitControllers, visitProviders } from './signal-visit/visit.providers.js';
import { SubjectController } from './subject/subject.controller.js';
import { SubjectStore } from './subject/subject.store.js';

/** The composition root. */
@Module({})
export class ConsentModule {
  static of(platform: Platform<ConsentEnvironment>): DynamicModule {
    const subjects = [
      { provide: FieldVault, useFactory: () => openFieldVault('consent', platform) },
      { provide: SubjectStore, inject: [FieldVault], useFactory: (vault: FieldVault) => new SubjectStore(vault) },
      { provide: SealedIdentifiers, inject: [FieldVault], useFactory: (vault: FieldVault) => new SealedIdentifiers(vault) },
      {
        provide: SubjectSealer,
        inject: [UnitOfWork, SealedIdentifiers],
        useFactory: (unitOfWork: UnitOfWork, identifiers: SealedIdentifiers) => new SubjectSealer(unitOfWork, identifiers),
      },
      { provide: SEALER, useExisting: SubjectSealer },
      { provide: FANOUT_OPTIONS, useValue: { owner: 'consent' } },
    ];
    return {
      module: ConsentModule,
      imports: [
        PlatformModule.of(platform),
        FanoutModule.of({ confirmed: consentMapConfirmed, providers: subjects, exports: [FieldVault, SubjectStore, SealedIdentifiers, SubjectSealer] }),
      ],
      controllers: [
        ConsentController, CertificateController, ReceiptController, InvalidationController, CheckController, PurposeController, SubjectController, InternalController, IngressConsumer, MailedWithdrawalsConsumer, ErasureConsumer,
        PolicyConsumer, IdentityController, IdentityConsumer, ...childControllers, ...campaignControllers, ...cookieControllers, ...visitControllers, ...channelControllers, ...bulkControllers, ...consentStateControllers,
      ],
      providers: [
        { provide: PolicyStore, useFactory: () => new PolicyStore() },
        ...childProviders,
        ...campaignProviders,
        ...cookieProviders,
        ...visitProviders,
        ...identityProviders,
        ...bulkProviders,
        ...consentStateProviders(platform),
        ...channelProviders(platform),
        ...expiryProviders,
        ...consentCertificates(),
        {
          provide: RecordDecisions,
          inject: [SubjectStore, PolicyStore, Fanout, Outbox, ConsentStateFeed, ChildGuard],
          useFactory: (store: SubjectStore, policies: PolicyStore, fanout: Fanout, outbox: Outbox, feed: ConsentStateFeed, children: ChildGuard) =>
            new RecordDecisions(store, policies, fanout, outbox, feed, children),
        },
        {
          provide: DeniedPurposes,
          inject: [PolicyStore, Outbox],
          useFactory: (policies: PolicyStore, outbox: Outbox) => new DeniedPurposes(policies, outbox),
        },
        {
          provide: DecisionQueue,
          inject: [UnitOfWork, RecordDecisions, DeniedPurposes, LearnAges],
          useFactory: (unitOfWork: UnitOfWork, decisions: RecordDecisions, denied: DeniedPurposes, ages: LearnAges) =>
            new DecisionQueue(unitOfWork, decisions, denied, ages, platform.environment.CONSENT_BATCH),
        },
        {
          provide: ErasePeople,
          inject: [Database, UnitOfWork, SealedIdentifiers, Outbox, ConsentStateFeed, PartErased],
          useFactory: (
            database: Database, unitOfWork: UnitOfWork, identifiers: SealedIdentifiers, outbox: Outbox, feed: ConsentStateFeed, parting: PartErased,
          ) => new ErasePeople({ database, unitOfWork, identifiers, outbox, feed, parting }),
        },
        {
          provide: CheckQueue,
          inject: [UnitOfWork, CheckConsent],
          useFactory: (unitOfWork: UnitOfWork, consent: CheckConsent) => new CheckQueue(unitOfWork, consent),
        },
        {
          provide: CheckConsent,
          inject: [SubjectStore, PolicyStore],
          useFactory: (store: SubjectStore, policies: PolicyStore) => new CheckConsent(store, policies),
        },
      ],
    };
  }
}
