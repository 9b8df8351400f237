import { isTenantClosed, promisedKeys } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import { asKeysUnavailable } from '../keys-unavailable.js';
import type { FieldVault } from '../vault/field-vault.js';
import { alone } from './alone.js';
import { eachOf } from './each-of.js';
import type { Reindexable } from './reindexable.js';
import type { Resealable } from './resealable.js';
import { rotateDataKeys } from './rotate-data-keys.js';
import { rotateIndex } from './rotate-index.js';
import { rotateIntermediate } from './rotate-intermediate.js';
import { rewrapUnderKek, rotateDueKeks } from './rotate-kek.js';
import { RotationLog } from './rotation-log.js';
import type { Rotation, RotationLevel } from './rotation-log.js';

export interface KeyRotationDeps {
  readonly vault: FieldVault;
  /** The service's own: knows the tenants, and what is promised of their keys. */
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  /** Every table with sealed values. */
  readonly tables: readonly Resealable[];
  /** Every table whose rows are found by keyed hashes. */
  readonly indexes?: readonly Reindexable[];
}

/**
 * Changes keys when their time has come or somebody asked: key-encryption keys and intermediate keys as often as the policy
 * promises, the keys of people when asked. Any instance may run it; what one was killed in, another goes on with.
 */
export class KeyRotation {
  private readonly log: RotationLog;

  constructor(private readonly deps: KeyRotationDeps) {
    this.log = new RotationLog(deps.vault.options);
  }

  async run(): Promise<void> {
    const { vault, database, unitOfWork, tables, indexes = [] } = this.deps;
    const promised = await promisedKeys(database);
    const lasts = new Map((await database.listTenants()).map(({ id }) => [id, promised.get(id)?.rotation]));
    await eachOf(
      [
        () => rotateDueKeks(vault, lasts),
        () => rewrapUnderKek(vault, (tenant, version) => this.tell(tenant, { level: 'kek', version })),
        () => this.beginDue(lasts),
        () => this.each('ik', lasts, async (rotation) => ({ epoch: await rotateIntermediate(vault, rotation) })),
        () => this.each('data', lasts, async (rotation) => ((await rotateDataKeys(vault, unitOfWork, rotation, tables)) ? {} : undefined)),
        () => this.each('index', lasts, async (rotation) => ({ epoch: await rotateIndex(vault, unitOfWork, rotation, indexes) })),
      ],
      (step) => step(),
    );
  }

  /** A new intermediate key for every tenant whose newest is as old as its policy lets it become. */
  private async beginDue(lasts: ReadonlyMap<string, string | undefined>): Promise<void> {
    const promised = [...lasts].filter(([, rotation]) => rotation !== undefined);
    const due = await asKeysUnavailable(() =>
      this.deps.vault.options.database.query<{ tenant: string }>(
        `SELECT p.tenant FROM unnest($1::text[], $2::text[]) AS p(tenant, rotation),
           LATERAL (SELECT max(created_at) AS at FROM intermediate_key i WHERE i.tenant = p.tenant) AS newest
          WHERE newest.at + p.rotation::interval <= $3 ORDER BY p.tenant`,
        [promised.map(([tenant]) => tenant), promised.map(([, rotation]) => rotation), this.deps.vault.clock.now()],
      ),
    );
    for (const { tenant } of due) await this.log.request(tenant, 'ik', 'due');
  }

  /** What is open at this level, one tenant after the other. */
  private async each(
    level: RotationLevel,
    served: ReadonlyMap<string, unknown>,
    work: (rotation: Rotation) => Promise<Readonly<Record<string, unknown>> | undefined>,
  ): Promise<void> {
    const open = (await this.log.open(level)).filter(({ tenant }) => served.has(tenant));
    await eachOf(open, async ({ tenant }) => {
      await alone(this.deps.vault.options.database, `heed.keys.${this.deps.vault.options.service}/${level}/${tenant}`, async () => {
        const rotation = (await this.log.open(level)).find((one) => one.tenant === tenant);
        const done = rotation && (await work(rotation));
        if (done && (await this.log.finish(tenant, level))) await this.tell(tenant, { level, ...done });
      });
    });
  }

  private async tell(tenant: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.deps.unitOfWork.run(tenant, (tx) => Promise.resolve(tx.record({ kind: 'key.rotated', data })));
    } catch (error) {
      if (!isTenantClosed(error)) throw error;
    }
  }
}
