/** Quotes a name of a data map, schema-qualified or not, exactly as it is written there. */
export const quote = (name: string): string =>
  name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');

/** Collects a statement's parameters and hands out their places. */
export class Params {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export interface Queryable {
  query<R>(text: string, values?: readonly unknown[]): Promise<readonly R[]>;
}
