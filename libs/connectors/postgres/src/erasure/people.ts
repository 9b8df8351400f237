import { byType } from '@heed/connector-spi';
import type { ErasureTarget, Person } from '@heed/connector-spi';

/** The people of a batch as parameters: parallel arrays, a person is a number. */
export interface People {
  readonly ids: readonly number[];
  /** Values by identifier type. */
  readonly values: ReadonlyMap<string, { readonly who: readonly number[]; readonly value: readonly string[] }>;
  /** Per person, for erasures: which rows are of somebody who came back, and are kept. */
  readonly returned: readonly Returned[];
}

/**
 * When a row was made that a new act explains: after `asOf` and before the erasure began (what appears while it runs was
 * put back by something), or after the first look of its verification.
 */
export interface Returned {
  readonly asOf: Date;
  readonly until: Date | null;
  readonly since: Date | null;
}

type Erased = Person & Partial<Pick<ErasureTarget, 'asOf' | 'lookedAt' | 'trail'>>;

export function peopleOf(batch: readonly Erased[]): People {
  const values = new Map<string, { who: number[]; value: string[] }>();
  batch.forEach((person, who) => {
    for (const [type, list] of byType(person.identifiers)) {
      let entry = values.get(type);
      if (!entry) values.set(type, (entry = { who: [], value: [] }));
      for (const value of new Set(list)) {
        entry.who.push(who);
        entry.value.push(value);
      }
    }
  });
  return { ids: batch.map((_, who) => who), values, returned: batch.map(returnedOf) };
}

function returnedOf({ asOf, trail, lookedAt }: Erased): Returned {
  return { asOf: asOf ?? new Date(0), until: trail?.since === undefined ? null : new Date(trail.since), since: lookedAt ?? null };
}
