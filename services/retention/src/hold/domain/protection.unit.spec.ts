import { describe, expect, it } from 'vitest';
import { holdsInTheWay } from './protection.js';

const hold = (id: string, ref: string, aliases: string[] = []) => ({ id, ref, aliases });

describe('the holds that stand in the way', () => {
  const holds = [hold('one', 'a'), hold('two', 'b', ['c']), hold('three', 'd')];

  it.each([
    ['the person themselves', ['a'], ['one']],
    ['an alias that the erasure names', ['x', 'a'], ['one']],
    ['an alias that the hold names', ['c'], ['two']],
    ['several at once', ['a', 'b'], ['one', 'two']],
    ['nobody', ['x'], []],
  ])('%s', (_, refs, expected) => {
    expect(holdsInTheWay(holds, refs).map((one) => one.id)).toEqual(expected);
  });
});
