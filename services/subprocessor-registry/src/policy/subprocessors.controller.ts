import { FromCall } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get } from '@nestjs/common';
import { activePolicy } from './policy.store.js';

/** `/v1/subprocessors`: who else handles the tenant's data, by the policy in force (ASK-09). */
@Controller('v1/subprocessors')
export class SubprocessorsController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  async list(@FromCall() call: Call): Promise<unknown> {
    const policy = await this.unitOfWork.run(call.tenant, activePolicy);
    if (!policy) throw notFound('policy in force');
    const { vendors, ...rules } = policy.pack.subprocessors;
    return { policyVersion: policy.version, ...rules, items: vendors, nextCursor: null };
  }
}
