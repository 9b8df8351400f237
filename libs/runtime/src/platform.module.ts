import type { ServiceEnvironment } from '@heed/config';
import type { Clock } from '@heed/kernel';
import type { Kafka } from '@heed/kafka';
import type { Ledger } from '@heed/ledger-keeper';
import type { Logger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';

/** Injection tokens of what is an interface. */
export const CLOCK = Symbol('heed.clock');
export const LOGGER = Symbol('heed.logger');
export const ENVIRONMENT = Symbol('heed.environment');

/** What every service stands on, made once by `runService`. */
export interface Platform<E extends ServiceEnvironment = ServiceEnvironment> {
  readonly environment: E;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly outbox: Outbox;
  readonly kafka: Kafka;
  /** Evidence of what `tx.record` wrote; also injectable as `Ledger`. */
  readonly ledger: Ledger;
}

/** Makes the platform injectable: `Database`, `UnitOfWork` and `Outbox` by class, the rest by token. */
@Module({})
export class PlatformModule {
  static of(platform: Platform): DynamicModule {
    const providers = [
      { provide: Database, useValue: platform.database },
      { provide: UnitOfWork, useValue: platform.unitOfWork },
      { provide: Outbox, useValue: platform.outbox },
      { provide: CLOCK, useValue: platform.clock },
      { provide: LOGGER, useValue: platform.logger },
      { provide: ENVIRONMENT, useValue: platform.environment },
    ];
    return { module: PlatformModule, global: true, providers, exports: providers };
  }
}
