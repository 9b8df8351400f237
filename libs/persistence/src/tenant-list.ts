import type { Tenant } from './tenants.js';

/** Older than this the list is read again, while what it says is still believed. */
const FRESH_MS = 1000;
/** Older than this nothing is believed: so long a tenant that was closed may still be served. */
export const TENANT_LIST_MAX_AGE_MS = 5000;

export interface TenantRow extends Tenant {
  readonly state: 'active' | 'closing' | 'closed' | 'dropped';
}

/** The tenants of this cell, read now and then, so that a new or a closed one needs no restart and entering one no round trip. */
export class TenantList {
  private served = new Map<string, Tenant>();
  private gone = new Set<string>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly read: () => Promise<readonly TenantRow[]>,
    private readonly onGone: (id: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async all(): Promise<readonly Tenant[]> {
    if (this.age > FRESH_MS) await this.load();
    return [...this.served.values()];
  }

  async find(id: string): Promise<Tenant | undefined> {
    if (this.age > TENANT_LIST_MAX_AGE_MS || (this.age > FRESH_MS && !this.served.has(id))) await this.load();
    else if (this.age > FRESH_MS) this.load().catch(() => undefined); // what is at hand serves meanwhile
    return this.served.get(id);
  }

  /** It was served here once: its records are nobody's any more, other than those of a tenant that is yet to come. */
  isGone(id: string): boolean {
    return this.gone.has(id);
  }

  private get age(): number {
    return this.now() - this.loadedAt;
  }

  private load(): Promise<void> {
    this.loading ??= this.reload().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async reload(): Promise<void> {
    const begun = this.now();
    const rows = await this.read();
    const before = this.served;
    const isServed = ({ state }: TenantRow): boolean => state === 'active' || state === 'closing';
    this.served = new Map(rows.filter(isServed).map(({ id, isolation }) => [id, { id, isolation }]));
    this.gone = new Set(rows.filter((row) => !isServed(row)).map(({ id }) => id));
    this.loadedAt = begun;
    for (const [id, { isolation }] of before) if (this.served.get(id)?.isolation !== isolation) this.onGone(id);
  }
}
