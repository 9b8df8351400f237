import { retentionMapConfirmed } from '@heed/contracts-retention';
import { FieldVault } from '@heed/crypto';
import { ConsentClient, Fanout, FANOUT_OPTIONS, FanoutModule, SEALER } from '@heed/fanout';
import { Outbox } from '@heed/outbox';
import { InternalClient, PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { PolicyConsumer, PolicyStore } from '@heed/tenant-policy';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ClearanceConsumer } from './clearance/clearance.consumer.js';
import { HoldController } from './hold/adapters/hold.controller.js';
import { HoldPerson } from './hold/app/hold-person.use-case.js';
import type { RetentionEnvironment } from './retention.config.js';
import { ScheduleController } from './schedule/schedule.controller.js';

/** The composition root. */
@Module({})
export class RetentionModule {
  static of({ environment, ...platform }: Platform<RetentionEnvironment>): DynamicModule {
    return {
      module: RetentionModule,
      imports: [
        PlatformModule.of({ environment, ...platform }),
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
      controllers: [HoldController, ScheduleController, ClearanceConsumer, PolicyConsumer],
      providers: [
        { provide: PolicyStore, useFactory: () => new PolicyStore() },
        { provide: FieldVault, useFactory: () => FieldVault.open(environment.HEED_KEYS_DIR, 'retention') },
        {
          provide: HoldPerson,
          inject: [PolicyStore, Fanout, Outbox, FieldVault],
          useFactory: (policies: PolicyStore, fanout: Fanout, outbox: Outbox, vault: FieldVault) => new HoldPerson({ policies, fanout, outbox, vault }),
        },
      ],
    };
  }
}
