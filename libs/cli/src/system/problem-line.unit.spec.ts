import { expect, it } from 'vitest';
import { problemLine } from './problem-line.js';

it('makes one line of a problem, with its fields and the promise behind a refusal', () => {
  const problem = { detail: 'Too soon.', code: 'notice_too_short', promise: 'AJU-56', errors: [{ pointer: '/effectiveFrom', detail: 'is in 3 days' }] };
  expect(problemLine(422, JSON.stringify(problem))).toBe('Too soon. /effectiveFrom: is in 3 days (422 notice_too_short, promise AJU-56)');
});

it('makes one line of an answer that is no problem', () => {
  expect(problemLine(502, '<html>')).toBe('the answer was 502: <html>');
});
