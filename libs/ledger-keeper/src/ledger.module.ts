import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { Ledger } from './evidence.js';
import { LedgerController } from './http/ledger.controller.js';
import { LedgerReader } from './http/ledger-reader.js';
import { AuditConsumer } from './retention/audit.consumer.js';

/** What a service's modules get of its ledgers. */
export interface LedgerProvisions {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
}

/** A service's composition root with its ledgers beside it: their HTTP side, and `Ledger` to inject everywhere. */
@Module({})
export class LedgerModule {
  /** @param given asked for when the service starts; describing its API does not */
  static around(service: DynamicModule, given: () => LedgerProvisions): DynamicModule {
    const providers = [
      { provide: Ledger, useFactory: () => given().ledger },
      { provide: LedgerReader, useFactory: () => given().reader },
    ];
    return { module: LedgerModule, global: true, imports: [service], controllers: [LedgerController, AuditConsumer], providers, exports: providers };
  }
}
