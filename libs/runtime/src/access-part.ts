import { AccessModule, AccessReport, AccessRules } from '@heed/access';
import type { HttpServiceOptions } from '@heed/http';
import type { DynamicModule } from '@nestjs/common';
import type { Job } from './jobs.js';
import type { Platform } from './platform.module.js';

/** With the way through Kafka, a revocation is heeded by every instance of every service within about a second. */
const FOLLOW_EVERY_MS = 500;
const TIDY_EVERY_MS = 60_000;

/** What every service has, so that it knows who is let in and the registry knows who was seen. */
export class AccessPart {
  private readonly rules: AccessRules;
  private readonly report: AccessReport;

  constructor(
    service: string,
    private readonly platform: Platform,
  ) {
    this.rules = new AccessRules(platform.database, platform.unitOfWork);
    this.report = new AccessReport({ service, ...platform });
  }

  around(module: DynamicModule): DynamicModule {
    return AccessModule.around(module, this.rules, this.report);
  }

  /** What its HTTP side takes over. */
  get http(): Pick<HttpServiceOptions, 'rules' | 'seen' | 'refused' | 'subjectKey' | 'trustedProxies' | 'limits'> {
    const { environment } = this.platform;
    return {
      rules: this.rules,
      seen: this.report.saw,
      refused: this.report.refused,
      subjectKey: environment.HEED_SUBJECT_KEY,
      trustedProxies: environment.HEED_TRUSTED_PROXIES,
      limits: { token: environment.HEED_RATE_LIMIT_TOKEN, address: environment.HEED_RATE_LIMIT_ADDRESS },
    };
  }

  get jobs(): readonly Job[] {
    return [
      { name: 'follow-access', everyMs: FOLLOW_EVERY_MS, run: () => this.rules.follow() },
      { name: 'tidy-access', everyMs: TIDY_EVERY_MS, run: () => this.rules.tidy() },
      { name: 'report-access', everyMs: this.platform.environment.HEED_ACCESS_REPORT_EVERY_MS, run: () => this.report.tell() },
    ];
  }

  /** Tells what is left to tell; what cannot be told now is lost with the process. */
  async end(): Promise<void> {
    await this.report.tell(true).catch((error: unknown) => this.platform.logger.warn({ err: error }, 'who was seen last could not be told'));
  }
}
