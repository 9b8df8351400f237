import type { Database } from '@heed/persistence';
import { tenantsMissing } from './index-checks.js';
import type { KeyCheck } from './index-checks.js';
import { keysMissing } from './keys-missing.js';

interface Remembered extends KeyCheck {
  readonly lost: boolean;
}

/** What a service remembers of a tenant's keys of blind indexes. */
export interface Memory {
  /** Works with some that are not given up as lost: no first ones may be made in their place. */
  readonly hasKeys: boolean;
  /** The highest number that any of them had. */
  readonly newest: number;
}

/**
 * Keeps in the service's own database by what the keys are known that it works with, and refuses others: no ring is handed out
 * before its keys are noted here. Looked at once for each key, not at each use.
 */
export class KeyChecks {
  private readonly settled = new Map<string, ReadonlyMap<number, Buffer>>();

  /** @param own with a connection of its own: whoever waits for keys has one in use, and so may all others */
  constructor(
    private readonly own: Database,
    private readonly keys: Database,
  ) {}

  /** @throws HeedError `keys_missing` where the keys database never made a key that is remembered */
  async compare(tenant: string): Promise<Memory> {
    const remembered = await this.remembered(tenant); // read first: every one of them was noted in the keys database before
    const kept = remembered.filter(({ lost }) => !lost);
    const missing = await tenantsMissing(this.keys, kept.map((check) => ({ tenant, ...check })));
    if (missing.length > 0) throw keysMissing(tenant);
    return { hasKeys: kept.length > 0, newest: Math.max(0, ...remembered.map(({ epoch }) => epoch)) };
  }

  /** Remembers the keys of a ring that is about to be handed out. @throws HeedError `keys_missing` where they are others */
  async settle(tenant: string, checks: readonly KeyCheck[]): Promise<void> {
    const known = this.settled.get(tenant);
    if (known && areAmong(known, checks)) return;
    await this.compare(tenant);
    await this.own.query('INSERT INTO heed.key_check (tenant, epoch, value) SELECT $1, e, v FROM unnest($2::int[], $3::bytea[]) AS c(e, v) ON CONFLICT DO NOTHING', [
      tenant,
      checks.map(({ epoch }) => epoch),
      checks.map(({ value }) => value),
    ]);
    // Of two instances with two keys databases, the one that came second finds the other's.
    const now = new Map((await this.remembered(tenant)).map(({ epoch, value }) => [epoch, value]));
    if (!areAmong(now, checks)) throw keysMissing(tenant);
    this.settled.set(tenant, now);
  }

  close(): Promise<void> {
    return this.own.close();
  }

  private remembered(tenant: string): Promise<readonly Remembered[]> {
    return this.own.query<Remembered>('SELECT epoch, value, lost_at IS NOT NULL AS lost FROM heed.key_check WHERE tenant = $1', [tenant]);
  }
}

function areAmong(known: ReadonlyMap<number, Buffer>, checks: readonly KeyCheck[]): boolean {
  return checks.every(({ epoch, value }) => known.get(epoch)?.equals(value) ?? false);
}
