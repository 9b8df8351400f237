import { failpoint } from '@heed/kernel';

/** One part of a long work. It looks at what is there and does what is missing, so that it can be run again. */
export interface TenantStep {
  readonly name: string;
  run(): Promise<void>;
}

export interface StepDone {
  readonly name: string;
  readonly index: number;
  readonly total: number;
  readonly ms: number;
}

/** Runs the steps one after another; between any two of them the process may die. */
export async function runSteps(work: string, steps: readonly TenantStep[], onStep: (step: StepDone) => void): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const begun = performance.now();
    await step.run();
    failpoint(`tenant.${work}.${step.name.replaceAll(' ', '-')}`);
    onStep({ name: step.name, index: index + 1, total: steps.length, ms: performance.now() - begun });
  }
}
