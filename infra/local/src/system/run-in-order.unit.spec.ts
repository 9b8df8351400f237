import { describe, expect, it } from 'vitest';
import { runInOrder, type Step } from './run-in-order.js';

function steps(done: string[], failing?: string): (name: string, ...after: string[]) => Step {
  return (name, ...after) => ({
    name,
    after,
    run: async () => {
      await Promise.resolve();
      if (name === failing) throw new Error(`${name} failed`);
      done.push(name);
    },
  });
}

describe('the order of a start', () => {
  it('begins a step once all it needs is done, and overlaps the others', async () => {
    const done: string[] = [];
    const step = steps(done);
    await runInOrder([step('agent', 'service'), step('service', 'postgres', 'kafka'), step('postgres'), step('kafka')]);
    expect(done).toEqual(['postgres', 'kafka', 'service', 'agent']);
  });

  it('begins nothing after a failure and throws the first', async () => {
    const done: string[] = [];
    const step = steps(done, 'kafka');
    await expect(runInOrder([step('kafka'), step('service', 'kafka')])).rejects.toThrow('kafka failed');
    expect(done).toEqual([]);
  });

  it('takes what nobody provides as given: a Kafka of one\'s own', async () => {
    const done: string[] = [];
    await runInOrder([steps(done)('service', 'kafka')]);
    expect(done).toEqual(['service']);
  });

  it('refuses steps that wait for each other', async () => {
    const step = steps([]);
    await expect(runInOrder([step('a', 'b'), step('b', 'a')])).rejects.toThrow('a → b → a');
  });

  it('begins nothing once it is cancelled', async () => {
    const done: string[] = [];
    await runInOrder([steps(done)('postgres')], () => true);
    expect(done).toEqual([]);
  });
});
