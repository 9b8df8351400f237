import type { PolicyRecord } from './records.js';

/** The purposes and legal bases in force, ready to be asked. */
export class PolicyView {
  private readonly bases = new Map<string, ReadonlyMap<string, string>>();
  private readonly never: ReadonlyMap<string, string>;
  private readonly places: ReadonlyMap<string, string>;
  private readonly gpc: ReadonlySet<string>;

  constructor(private readonly record: PolicyRecord) {
    for (const { id, bases } of record.purposes) this.bases.set(id, new Map(Object.entries(bases)));
    this.never = new Map(record.never.map(({ id, promise }) => [id, promise]));
    this.places = new Map(Object.entries(record.places));
    this.gpc = new Set(record.purposes.flatMap(({ id, gpc }) => (gpc ? [id] : [])));
  }

  get version(): number {
    return this.record.policyVersion;
  }

  get country(): string | undefined {
    return this.record.country ?? undefined;
  }

  /** The promise that a purpose is never followed. */
  neverPromise(purpose: string): string | undefined {
    return this.never.get(purpose);
  }

  knows(purpose: string): boolean {
    return this.bases.has(purpose);
  }

  /** A Global Privacy Control signal is a no to it. */
  heedsGpc(purpose: string): boolean {
    return this.gpc.has(purpose);
  }

  /** Undefined where the policy has none for the place: then nothing is allowed there. */
  basisOf(purpose: string, jurisdiction: string | undefined): string | undefined {
    const bases = this.bases.get(purpose);
    if (jurisdiction === undefined) return bases?.get(this.record.defaultJurisdiction);
    const place = jurisdiction.toUpperCase();
    const own = bases?.get(place);
    if (own !== undefined) return own;
    const wider = this.places.get(place);
    return wider === undefined ? undefined : bases?.get(wider);
  }
}
