import { expect, it } from 'vitest';
import { maskAddress, planRecipients } from './plan-recipients.js';

let next = 0;
const newId = (): string => `new-${(next += 1)}`;
const known = [
  { id: 'a', index: 'ia' },
  { id: 'b', index: 'ib' },
];

it('finds a recipient by address, and adds one that nobody knows', () => {
  const plan = planRecipients([{ email: 'a@x', index: 'ia' }, { email: 'c@x', index: 'ic' }, { email: 'C@x', name: 'C', index: 'ic' }], known, newId);
  expect(plan).toMatchObject([
    { id: 'a', change: 'same_address' },
    { id: 'new-1', change: 'added', name: 'C' },
  ]);
});

it('corrects the address of a recipient named by id', () => {
  expect(planRecipients([{ id: 'a', email: 'z@x', index: 'iz' }], known, newId)).toMatchObject([{ id: 'a', index: 'iz', change: 'readdressed' }]);
});

it('refuses an address that another recipient has', () => {
  expect(() => planRecipients([{ id: 'a', email: 'b@x', index: 'ib' }], known, newId)).toThrow('is that of recipient b');
});

it('shows an address only as far as its owner knows it', () => {
  expect(maskAddress('ada.lovelace@example.com')).toBe('a…@example.com');
});
