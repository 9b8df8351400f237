import { expect, it } from 'vitest';
import { withdrawalBody } from './bodies.js';

function issues(body: unknown): (readonly [string, string])[] {
  const parsed = withdrawalBody.safeParse(body);
  return parsed.success ? [] : parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message] as const);
}

it('a withdrawal that says nothing is told what to say', () => {
  expect(issues({})).toEqual([
    ['subject', 'say who is meant: {"identifiers": [{"type": "email", "value": "…"}]} or {"ref": "sub_…"}'],
    ['purposes', 'a list of purposes such as ["marketing_email"], or "all"'],
  ]);
});

it('a purpose that stands twice is told as that', () => {
  const subject = { ref: `sub_${'0'.repeat(32)}` };
  expect(issues({ subject, purposes: ['news', 'news'] })).toEqual([['purposes', 'each purpose once']]);
});
