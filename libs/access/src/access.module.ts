import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AccessConsumer } from './access.consumer.js';
import { AccessReport } from './access-report.js';
import { AccessRules } from './access-rules.js';

/** A service's composition root with what every service has beside it: who is let in, and who was seen. */
@Module({})
export class AccessModule {
  static around(service: DynamicModule, rules: AccessRules, report: AccessReport): DynamicModule {
    const providers = [
      { provide: AccessRules, useValue: rules },
      { provide: AccessReport, useValue: report },
    ];
    return { module: AccessModule, global: true, imports: [service], controllers: [AccessConsumer], providers, exports: providers };
  }
}
