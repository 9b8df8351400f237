import { Database, lookAtDue, UnitOfWork } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { PolicyActivation } from './policy-activation.js';
import { ACTIVATION, lockPolicies } from './policy.store.js';

/** Looks at the tenants whose policy has a date that has come. Several instances may do so at once: the lock decides. */
@Injectable()
export class ActivationJob {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly activation: PolicyActivation,
  ) {}

  async run(): Promise<void> {
    await lookAtDue(this.database, ACTIVATION, (tenant) =>
      this.unitOfWork.run(tenant, async (tx) => {
        await lockPolicies(tx);
        await this.activation.advance(tx);
        return false;
      }),
    );
  }
}
