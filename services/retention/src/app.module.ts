import { retentionMapConfirmed } from '@heed/contracts-retention';
import { ConsentClient, Fanout, FANOUT_OPTIONS, FanoutModule, SEALER } from '@heed/fanout';
import { FieldVault, openFieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { InternalClient, PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { PolicyConsumer, PolicyStore } from '@heed/tenant-policy';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ClearanceConsumer } from './clearance/clearance.consumer.js';
import { ForgetWords } from './forgetting/forget-words.js';
import { PersonErasedConsumer } from './forgetting/person-erased.consumer.js';
import { HoldController } from './hold/adapters/hold.controller.js';
import { HoldPerson } from './hold/app/hold-person.use-case.js';
import { PersonIdentityConsumer } from './identity/person-identity.consumer.js';
import type { RetentionEnvironment } from './retention.config.js';
import { ScheduleController } from './schedule/schedule.controller.js';

/** The composition root. */
@Module({})
export class RetentionModule {
  static of(platform: Platform<RetentionEnvironment>): DynamicModule {
    const { environment } = platform;
    return {
      module: RetentionModule,
      imports: [
        PlatformModule.of(platform),
        FanoutModule.of({
          confirmed: retentionMapConfirmed,
          providers: [
            { provide: ConsentClient, useFactory: () => new ConsentClient(new InternalClient(environment.HEED_CONSENT_URL, environment)) },
            { provide: SEALER, useExisting: ConsentClient },
            { provide: FANOUT_OPTIONS, useValue: { owner: 'retention' } },
          ],
          exports: [ConsentClient],
        }),
      ],
      controllers: [HoldController, ScheduleController, ClearanceConsumer, PersonErasedConsumer, PersonIdentityConsumer, PolicyConsumer],
      providers: [
        { provide: PolicyStore, useFactory: () => new PolicyStore() },
        { provide: FieldVault, useFactory: () => openFieldVault('retention', platform) },
        {
          provide: ForgetWords,
          inject: [Database, UnitOfWork, FieldVault],
          useFactory: (database: Database, unitOfWork: UnitOfWork, vault: FieldVault) => new ForgetWords({ database, unitOfWork, vault }),
        },
        {
          provide: HoldPerson,
          inject: [PolicyStore, Fanout, Outbox, FieldVault],
          useFactory: (policies: PolicyStore, fanout: Fanout, outbox: Outbox, vault: FieldVault) => new HoldPerson({ policies, fanout, outbox, vault }),
        },
      ],
    };
  }
}
