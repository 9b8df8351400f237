import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import { noticeLanguages } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get } from '@nestjs/common';
import { purposesAnswer } from './purpose.answer.js';

/** The tenant's purposes with their legal bases, what is never done, and the notices people are shown. */
@Controller('v1/purposes')
export class PurposeController {
  constructor(
    private readonly policies: PolicyStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get()
  @Operation({
    id: 'listPurposes',
    summary: 'Lists the purposes of the policy in force, with their legal bases',
    description: 'Also what is never done, and the notices that people are shown.',
    answers: { 200: purposesAnswer },
  })
  async list(@FromCall() call: Call): Promise<unknown> {
    const { pack, version } = await this.unitOfWork.run(call.tenant, (tx) => this.policies.current(tx));
    return {
      policyVersion: version,
      items: pack.purposes.map((purpose) => ({
        id: purpose.id,
        title: purpose.title,
        description: purpose.description,
        basis: purpose.bases[pack.jurisdictions.default.value]?.basis ?? null,
        bases: Object.fromEntries(Object.entries(purpose.bases).map(([place, basis]) => [place, basis.basis])),
      })),
      never: pack.neverPurposes.map((never) => ({ id: never.id, promise: [never.source].flat()[0] })),
      notices: pack.notices.consent.map((notice) => ({ id: notice.id, version: notice.version, languages: noticeLanguages(notice) })),
      nextCursor: null,
    };
  }
}
