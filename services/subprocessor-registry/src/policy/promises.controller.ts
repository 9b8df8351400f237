import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { promisesOf, sourcedEntries } from '@heed/policy';
import { Controller, Get } from '@nestjs/common';
import { promisesAnswer } from './policy.answer.js';
import { activePolicy } from './policy.store.js';

/** `/v1/promises`: what the policy in force promises, and the values that carry each promise. */
@Controller('v1/promises')
export class PromisesController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  @Operation({
    id: 'listPromises',
    summary: 'Lists what the policy in force promises, with the values that carry each promise',
    answers: { 200: promisesAnswer },
    refusals: { 404: ['not_found'] },
  })
  async list(@FromCall() call: Call): Promise<unknown> {
    const policy = await this.unitOfWork.run(call.tenant, activePolicy);
    if (!policy) throw notFound('policy in force');
    const entries = sourcedEntries(policy.pack).map(({ path, value, source }) => ({ path, value, promises: promisesOf(source) }));
    const items = policy.pack.promises.map((promise) => ({
      ...promise,
      values: entries.filter((entry) => entry.promises.includes(promise.id)).map(({ path, value }) => ({ path, value })),
    }));
    return { policyVersion: policy.version, items, nextCursor: null };
  }
}
