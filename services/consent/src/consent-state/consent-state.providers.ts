import { FieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';
import type { Platform } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import type { ConsentEnvironment } from '../consent.config.js';
import { ConsentStateBeat } from './beat.job.js';
import { BuildConsentState } from './build-state.job.js';
import { ConsentStateController } from './consent-state.controller.js';
import { ConsentStateFeed } from './consent-state-feed.js';
import { PolicyHeardConsumer } from './policy-heard.consumer.js';
import { StateKeys } from './state-keys.js';

export const consentStateControllers = [ConsentStateController, PolicyHeardConsumer];

/** What SDKs read: written by whoever decides, built anew by a job, and dated by heartbeats. */
export function consentStateProviders({ environment, clock }: Platform<ConsentEnvironment>): Provider[] {
  return [
    { provide: StateKeys, inject: [FieldVault], useFactory: (vault: FieldVault) => new StateKeys(vault) },
    {
      provide: ConsentStateFeed,
      inject: [StateKeys, Outbox],
      useFactory: (keys: StateKeys, outbox: Outbox) => new ConsentStateFeed(keys, outbox),
    },
    {
      provide: BuildConsentState,
      inject: [Database, UnitOfWork, PolicyStore, StateKeys, ConsentStateFeed, Outbox],
      useFactory: (database: Database, unitOfWork: UnitOfWork, policies: PolicyStore, keys: StateKeys, feed: ConsentStateFeed, outbox: Outbox) =>
        new BuildConsentState({ database, unitOfWork, policies, keys, feed, outbox }),
    },
    {
      provide: ConsentStateBeat,
      inject: [Database],
      useFactory: (database: Database) => new ConsentStateBeat({ database, clock, topicPrefix: environment.HEED_TOPIC_PREFIX }),
    },
  ];
}
