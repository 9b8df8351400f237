import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get } from '@nestjs/common';
import { subprocessorsAnswer } from './policy.answer.js';
import { activePolicy } from './policy.store.js';

/** `/v1/subprocessors`: who else handles the tenant's data, by the policy in force (ASK-09). */
@Controller('v1/subprocessors')
export class SubprocessorsController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  @Operation({
    id: 'listSubprocessors',
    summary: "Lists who else handles the tenant's data, by the policy in force",
    description: 'ASK-09: the list can be had.',
    answers: { 200: subprocessorsAnswer },
    refusals: { 404: ['not_found'] },
  })
  async list(@FromCall() call: Call): Promise<unknown> {
    const policy = await this.unitOfWork.run(call.tenant, activePolicy);
    if (!policy) throw notFound('policy in force');
    const { vendors, ...rules } = policy.pack.subprocessors;
    return { policyVersion: policy.version, ...rules, items: vendors, nextCursor: null };
  }
}
