import { expect, it } from 'vitest';
import { parseJavaMajor } from './java.js';

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_402"', 8],
  ['no java here', 0],
])('reads %s as major version %d', (output, major) => {
  expect(parseJavaMajor(output)).toBe(major);
});
