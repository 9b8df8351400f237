import type { EventDefinition } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import { LOGGER } from '@heed/runtime';
import { Module } from '@nestjs/common';
import type { DynamicModule, InjectionToken, OnApplicationBootstrap, OnApplicationShutdown, Provider } from '@nestjs/common';
import { DispatchController } from './dispatch.controller.js';
import { Fanout } from './fanout.js';
import { MAP_CONFIRMED, OwnerConsumer } from './owner.consumer.js';
import { Sender } from './sender.js';
import type { FanoutOptions, Sealer } from './types.js';

/** Tokens of what an owner brings. */
export const SEALER = Symbol('heed.fanout.sealer');
export const FANOUT_OPTIONS = Symbol('heed.fanout.options');

class SenderLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly sender: Sender) {}
  onApplicationBootstrap(): void {
    this.sender.start();
  }
  async onApplicationShutdown(): Promise<void> {
    await this.sender.stop();
  }
}

/**
 * All that makes a service an owner of dispatches: `/v1/dispatches`, its consumers, its sender.
 * @example FanoutModule.of({ confirmed: consentMapConfirmed, providers: [{ provide: SEALER, … }, { provide: FANOUT_OPTIONS, … }] })
 */
@Module({})
export class FanoutModule {
  static of(owner: { confirmed: EventDefinition; providers: Provider[]; imports?: DynamicModule['imports']; exports?: InjectionToken[] }): DynamicModule {
    return {
      module: FanoutModule,
      imports: owner.imports ?? [],
      controllers: [DispatchController, OwnerConsumer],
      providers: [
        ...owner.providers,
        { provide: MAP_CONFIRMED, useValue: owner.confirmed },
        { provide: Fanout, inject: [FANOUT_OPTIONS], useFactory: (options: FanoutOptions) => new Fanout(options) },
        {
          provide: Sender,
          inject: [Fanout, FANOUT_OPTIONS, Database, UnitOfWork, Outbox, SEALER, LOGGER],
          useFactory: (
            fanout: Fanout, options: FanoutOptions, database: Database, unitOfWork: UnitOfWork, outbox: Outbox, sealer: Sealer, logger: Logger,
          ) => {
            const sender = new Sender({ ...options, database, unitOfWork, outbox, sealer, logger });
            fanout.onWork(sender.poke);
            return sender;
          },
        },
        { provide: SenderLifecycle, inject: [Sender], useFactory: (sender: Sender) => new SenderLifecycle(sender) },
      ],
      exports: [Fanout, ...(owner.exports ?? [])],
    };
  }
}
