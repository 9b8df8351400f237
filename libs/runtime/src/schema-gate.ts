import { unavailable } from '@heed/kernel';
import type { SchemaCheck } from '@heed/persistence';
import type { Closed, Gate } from '@heed/kernel';

/**
 * Lets a service work only on tables that are as new as itself: instances may start before the migration job, and one in
 * whose database's place an older one was put serves no more.
 */
export class SchemaGate implements Gate {
  readonly name = 'schema';

  /** @param remedy whoever reads that something is behind wants to know what to run */
  constructor(
    private readonly check: Pick<SchemaCheck, 'behind'>,
    private readonly remedy: string,
  ) {}

  async look(): Promise<Closed | undefined> {
    const behind = await this.check.behind().catch((error: unknown) => {
      throw unavailable('database_unavailable', 'the database does not answer', error);
    });
    return behind.length === 0 ? undefined : { code: 'schema_behind', reason: `${behind.join(', ')}: run ${this.remedy}` };
  }
}
