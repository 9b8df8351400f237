import { Database, eachTenant, UnitOfWork } from '@heed/persistence';
import { Injectable } from '@nestjs/common';

/** Ended sessions are shown for so long. */
const SESSIONS_KEPT_DAYS = 90;
/** Who was not seen with a role, or an application, for so long has left: it needs no review. */
const HOLDERS_KEPT_DAYS = 400;

/** Forgets who has not been seen for long. Refusals stay: they are the audit. */
@Injectable()
export class TidyAccess {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  run(): Promise<void> {
    return eachTenant(this.database, (tenant) =>
      this.unitOfWork.run(tenant, async (tx) => {
        const before = (days: number): Date => new Date(tx.clock.now().getTime() - days * 86_400_000);
        await tx.query('DELETE FROM session WHERE last_seen < $1', [before(SESSIONS_KEPT_DAYS)]);
        await tx.query('DELETE FROM role_holder WHERE last_seen < $1', [before(HOLDERS_KEPT_DAYS)]);
        await tx.query('DELETE FROM application WHERE last_seen < $1', [before(HOLDERS_KEPT_DAYS)]);
      }),
    );
  }
}
