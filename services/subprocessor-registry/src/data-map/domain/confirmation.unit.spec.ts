import { expect, it } from 'vitest';
import { confirmedByAll, missingFor } from './confirmation.js';

it('a map version is held by all once the slowest owner confirmed it or a later one', () => {
  expect(confirmedByAll({})).toBe(0);
  expect(confirmedByAll({ consent: 3, dsar: 2 })).toBe(0);
  expect(confirmedByAll({ consent: 3, dsar: 2, retention: 5 })).toBe(2);
});

it('names the owners a version waits for', () => {
  expect(missingFor(3, { consent: 3, dsar: 2 })).toEqual(['dsar', 'retention']);
});
