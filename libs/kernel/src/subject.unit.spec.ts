import { expect, it } from 'vitest';
import { instant } from './subject.js';

it.each([
  ['2026-11-21T10:00:00Z', true],
  ['0001-01-01T00:00:00Z', true],
  ['9999-12-31T23:59:59.999Z', true],
  ['0000-12-31T23:59:59Z', false],
  ['0001-01-01T00:00:00+10:00', false],
  ['9999-12-31T23:59:59-10:00', false],
])('an instant of %s can be held: %s', (text, can) => {
  expect(instant.safeParse(text).success).toBe(can);
});
