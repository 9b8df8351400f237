import { z } from 'zod';
import { catalogue, type Contract } from './catalogue.js';
import { fixtureFile, readText } from './repository.js';

/** A whole record as it stands on Kafka, made by hand; its people do not exist. */
const fixtureSchema = z.strictObject({
  topic: z.string(),
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  data: z.unknown(),
});
export type Fixture = z.output<typeof fixtureSchema>;

/** @throws where a fixture is there but no record */
export async function readFixture(contract: Contract): Promise<Fixture | undefined> {
  const text = await readText(fixtureFile(contract));
  return text === undefined ? undefined : fixtureSchema.parse(JSON.parse(text));
}

/** By event type; a type without a fixture is missing. */
export async function readFixtures(): Promise<ReadonlyMap<string, Fixture>> {
  const fixtures = new Map<string, Fixture>();
  for (const contract of catalogue) {
    const fixture = await readFixture(contract);
    if (fixture !== undefined) fixtures.set(contract.definition.type, fixture);
  }
  return fixtures;
}
