import type { PolicyRecord } from './records.js';

/** The purposes and legal bases in force, ready to be asked. */
export class PolicyView {
  private readonly bases = new Map<string, ReadonlyMap<string, string>>();
  private readonly never: ReadonlyMap<string, string>;
  private readonly places: ReadonlyMap<string, string>;
  private readonly gpc: ReadonlySet<string>;
  private readonly targeting: ReadonlySet<string>;
  private readonly adultAges: ReadonlyMap<string, number>;

  constructor(private readonly record: PolicyRecord) {
    for (const { id, bases } of record.purposes) this.bases.set(id, new Map(Object.entries(bases)));
    this.never = new Map(record.never.map(({ id, promise }) => [id, promise]));
    this.places = new Map(Object.entries(record.places));
    this.targeting = new Set(record.purposes.flatMap(({ id, targets }) => (targets ? [id] : [])));
    this.adultAges = new Map(Object.entries(record.adultAge));
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

  /** It follows or targets people: never a child. */
  targets(purpose: string): boolean {
    return this.targeting.has(purpose);
  }

  /** The policy's own name of a place; undefined where it knows none: then nothing is allowed there. */
  placeOf(jurisdiction: string | undefined): string | undefined {
    if (jurisdiction === undefined) return this.record.defaultJurisdiction;
    const place = jurisdiction.toUpperCase();
    return this.adultAges.has(place) ? place : this.places.get(place);
  }

  basisOf(purpose: string, place: string): string | undefined {
    return this.bases.get(purpose)?.get(place);
  }

  /** From which age on a person decides alone there. */
  adultAge(place: string): number {
    return this.adultAges.get(place) ?? Infinity;
  }

  childPromise(targets: boolean): string | undefined {
    return (targets ? this.record.childPromises.targets : this.record.childPromises.other) ?? undefined;
  }
}
