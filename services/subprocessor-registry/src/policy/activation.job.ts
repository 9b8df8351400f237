import { Database, UnitOfWork } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { PolicyActivation } from './policy-activation.js';
import { lockPolicies } from './policy.store.js';

const BATCH = 500;

/** Looks at the tenants whose policy has a date that has come. Several instances may do so at once: the lock decides. */
@Injectable()
export class ActivationJob {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly activation: PolicyActivation,
  ) {}

  async run(): Promise<void> {
    const due = await this.database.query<{ id: string; tenant: string }>(
      `SELECT id, tenant FROM heed.due_policy WHERE due_at <= $1 ORDER BY due_at LIMIT ${BATCH}`,
      [this.database.clock.now()],
    );
    for (const tenant of new Set(due.map((row) => row.tenant))) {
      await this.unitOfWork.run(tenant, async (tx) => {
        await lockPolicies(tx);
        await this.activation.advance(tx);
      });
      const done = due.filter((row) => row.tenant === tenant).map((row) => row.id);
      await this.database.query('DELETE FROM heed.due_policy WHERE id = ANY($1)', [done]);
    }
  }
}
