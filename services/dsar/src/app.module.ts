import { CertificateReader, CertificateRegister, certificateProviders } from '@heed/certificate-register';
import { dsarMapConfirmed } from '@heed/contracts-dsar';
import { ConsentClient, Fanout, FANOUT_OPTIONS, FanoutModule, SEALER } from '@heed/fanout';
import { FieldVault, openFieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { InternalClient, PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { PolicyConsumer, PolicyStore } from '@heed/tenant-policy';
import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { CaseVault } from './case/adapters/case-vault.js';
import { IngressConsumer } from './case/adapters/ingress.consumer.js';
import { MessageConsumer } from './case/adapters/message.consumer.js';
import { RequestController } from './case/adapters/request.controller.js';
import { Acknowledge } from './case/app/acknowledge.js';
import { ConfirmPerson } from './case/app/confirm-person.use-case.js';
import { OpenRequests } from './case/app/open-requests.use-case.js';
import { WorkRequest } from './case/app/work-request.use-case.js';
import { CertificateController } from './certificate/certificate.controller.js';
import { CloseRequests } from './certificate/close-requests.use-case.js';
import { PersonErasedConsumer } from './certificate/person-erased.consumer.js';
import type { DsarEnvironment } from './dsar.config.js';
import { ClearanceConsumer } from './erasure/clearance.consumer.js';
import { ErasureHooks } from './erasure/erasure-hooks.js';
import { ForgetWordsConsumer } from './erasure/forget-words.consumer.js';
import { readMailboxes } from './mailbox/mailbox-file.js';
import { ReadMailboxes } from './mailbox/read-mailboxes.job.js';
import { People } from './person/people.js';
import { PersonIdentityConsumer } from './person/person-identity.consumer.js';
import { ResolvePeople } from './person/resolve-people.job.js';
import { StatusPageController } from './status-page/status-page.controller.js';

/** The composition root. */
@Module({})
export class DsarModule {
  static of(platform: Platform<DsarEnvironment>): DynamicModule {
    return {
      module: DsarModule,
      imports: [
        PlatformModule.of(platform),
        FanoutModule.of({
          confirmed: dsarMapConfirmed,
          providers: erasureProviders(platform),
          exports: [ConsentClient, FieldVault, CaseVault, PolicyStore, CloseRequests, CertificateRegister, CertificateReader],
        }),
      ],
      controllers: [
        CertificateController, RequestController, StatusPageController, IngressConsumer, MessageConsumer, ClearanceConsumer, PersonErasedConsumer,
        ForgetWordsConsumer, PersonIdentityConsumer, PolicyConsumer,
      ],
      providers: caseProviders(platform),
    };
  }
}

/** What the fan-out needs: who seals, and what happens around an erasure. */
function erasureProviders(platform: Platform<DsarEnvironment>): Provider[] {
  const { environment } = platform;
  const { HEED_ORIGIN: origin } = environment;
  return [
    { provide: FieldVault, useFactory: () => openFieldVault('dsar', platform) },
    { provide: CaseVault, inject: [FieldVault], useFactory: (vault: FieldVault) => new CaseVault(vault) },
    { provide: PolicyStore, useFactory: () => new PolicyStore() },
    { provide: ConsentClient, useFactory: () => new ConsentClient(new InternalClient(environment.HEED_CONSENT_URL, environment)) },
    { provide: SEALER, useExisting: ConsentClient },
    ...certificateProviders(),
    {
      provide: CloseRequests,
      inject: [PolicyStore, Outbox, CaseVault, CertificateRegister],
      useFactory: (policies: PolicyStore, outbox: Outbox, vault: CaseVault, register: CertificateRegister) =>
        new CloseRequests({ policies, outbox, vault, register, origin }),
    },
    {
      provide: FANOUT_OPTIONS,
      inject: [Outbox, CloseRequests],
      useFactory: (outbox: Outbox, closing: CloseRequests) => ({ owner: 'dsar', hooks: new ErasureHooks(outbox, closing) }),
    },
  ];
}

function caseProviders({ environment, logger }: Platform<DsarEnvironment>): Provider[] {
  const origin = environment.HEED_ORIGIN;
  return [
    { provide: Acknowledge, inject: [Outbox], useFactory: (outbox: Outbox) => new Acknowledge(outbox, origin) },
    {
      provide: People,
      inject: [ConsentClient],
      useFactory: (consent: ConsentClient) => new People(consent, environment.DSAR_RESOLVE_TIMEOUT_MS),
    },
    {
      provide: OpenRequests,
      inject: [PolicyStore, CaseVault, Outbox, Acknowledge],
      useFactory: (policies: PolicyStore, vault: CaseVault, outbox: Outbox, acknowledge: Acknowledge) =>
        new OpenRequests(policies, vault, outbox, acknowledge),
    },
    {
      provide: ResolvePeople,
      inject: [Database, UnitOfWork, ConsentClient, People, CaseVault, Acknowledge],
      useFactory: (
        database: Database, unitOfWork: UnitOfWork, consent: ConsentClient, people: People, vault: CaseVault, acknowledge: Acknowledge,
      ) => new ResolvePeople({ database, unitOfWork, consent, people, vault, acknowledge, logger }),
    },
    {
      provide: ReadMailboxes,
      inject: [UnitOfWork, ConsentClient, Outbox],
      useFactory: (unitOfWork: UnitOfWork, consent: ConsentClient, outbox: Outbox) =>
        new ReadMailboxes({ mailboxes: readMailboxes(environment.DSAR_MAILBOXES), tlsMin: environment.HEED_TLS_MIN, unitOfWork, consent, outbox, logger }),
    },
    {
      provide: ConfirmPerson,
      inject: [PolicyStore, Fanout, CaseVault],
      useFactory: (policies: PolicyStore, fanout: Fanout, vault: CaseVault) => new ConfirmPerson({ policies, fanout, vault }),
    },
    {
      provide: WorkRequest,
      inject: [PolicyStore, Fanout, Outbox, CaseVault, CloseRequests],
      useFactory: (policies: PolicyStore, fanout: Fanout, outbox: Outbox, vault: CaseVault, closing: CloseRequests) =>
        new WorkRequest({ policies, fanout, outbox, vault, closing, origin }),
    },
  ];
}
