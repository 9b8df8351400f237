import { byType } from '@heed/connector-spi';
import type { Person } from '@heed/connector-spi';

/** The people of a batch as parameters: parallel arrays, a person is a number. */
export interface People {
  readonly ids: readonly number[];
  /** Values by identifier type. */
  readonly values: ReadonlyMap<string, { readonly who: readonly number[]; readonly value: readonly string[] }>;
  /** Per person, for erasures: later rows are kept. */
  readonly asOf: readonly Date[];
}

export function peopleOf(batch: readonly (Person & { readonly asOf?: Date })[]): People {
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
  return { ids: batch.map((_, who) => who), values, asOf: batch.map((person) => person.asOf ?? new Date(0)) };
}
