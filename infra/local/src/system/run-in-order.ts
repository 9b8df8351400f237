/** Something that takes time and needs other things first. */
export interface Step {
  readonly name: string;
  readonly after: readonly string[];
  run(): Promise<void>;
}

/**
 * Runs every step as soon as what it needs is done, so that independent ones overlap. The first failure is thrown once
 * the steps under way have come to an end; later ones are not begun. A name nobody has is taken as done.
 */
export async function runInOrder(steps: readonly Step[], cancelled: () => boolean = () => false): Promise<void> {
  const known = new Map(steps.map((step) => [step.name, step]));
  const begun = new Map<string, Promise<boolean>>();
  const failures: unknown[] = [];
  const begin = (step: Step, path: readonly string[]): Promise<boolean> => {
    if (path.includes(step.name)) throw new Error(`steps wait for each other: ${[...path, step.name].join(' → ')}`);
    let promise = begun.get(step.name);
    if (promise === undefined) {
      const needs = step.after.flatMap((name) => known.get(name) ?? []).map((need) => begin(need, [...path, step.name]));
      promise = Promise.all(needs).then((done) => done.every(Boolean) && runOne(step));
      begun.set(step.name, promise);
    }
    return promise;
  };
  const runOne = async (step: Step): Promise<boolean> => {
    if (failures.length > 0 || cancelled()) return false;
    try {
      await step.run();
      return true;
    } catch (error) {
      failures.push(error);
      return false;
    }
  };
  await Promise.all(steps.map((step) => begin(step, [])));
  if (failures.length > 0) throw failures[0];
}
