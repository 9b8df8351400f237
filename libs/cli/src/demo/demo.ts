import { runningSystem } from '../system/running-system.js';
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
  const story = new Story(options.aloud);
  await withdrawalFlow(story, options.tenant, 'ada@example.com');
  await erasureFlow(story, options.tenant, 'ada@example.com', system.mail);
  await policyFlow(story, options.tenant, system.mail);
  return story.outcomes;
}
