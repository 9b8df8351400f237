import { randomInt } from 'node:crypto';
import { seedSamples, type SamplePerson } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { requireTenant, runningSystem } from '../system/running-system.js';
import { erasureFlow } from './erasure.flow.js';
import { policyFlow } from './policy.flow.js';
import { Story, type Outcome } from './story.js';
import { withdrawalFlow } from './withdrawal.flow.js';

export interface DemoOptions {
  readonly tenant: string;
  readonly people: number;
  readonly aloud: boolean;
}

/** Seeds the stores, runs the three flows and hands back what every store did. */
export async function runDemo(options: DemoOptions): Promise<readonly Outcome[]> {
  const system = runningSystem();
  requireTenant(system, options.tenant);
  const story = new Story(options.aloud);
  story.flow(`Filling the stores of ${options.tenant} with ${options.people} generated people`);
  const people = await seedSamples(readCliConfig().home, system, options.tenant, options.people);
  const person = onePerson(people);
  story.say(`done: people, orders, tickets, events, mailing list; this is about ${person.name}`);
  await withdrawalFlow(story, options.tenant, person.email);
  await erasureFlow(story, options.tenant, person.email, system.mail);
  await policyFlow(story, options.tenant, system.mail);
  return story.outcomes;
}

/** Another one each time: who was erased in one run should not be asked again in the next. */
function onePerson(people: readonly SamplePerson[]): SamplePerson {
  const person = people[randomInt(people.length)];
  if (person === undefined) throw new CliError('No people were generated.');
  return person;
}
