import { expect, it } from 'vitest';
import { coarsePath, referrerHost, visit } from './visit.js';

it.each([
  ['/pricing', '/pricing'],
  ['pricing?token=abc#x', '/pricing'],
  ['/orders/4711234/items', '/orders/:id/items'],
  ['/u/ada@example.com', '/u/:id'],
  ['/u/ada%40example.com', '/u/:id'],
  ['//a//b', '/a/b'],
  ['/r/8f14e45fceea167a5a36dedd4bea2543', '/r/:id'],
  ['', '/'],
])('of the path %s only %s is kept', (path, kept) => expect(coarsePath(path)).toBe(kept));

it.each([
  ['https://Search.example.com/find?q=ada', 'search.example.com'],
  ['search.example.com/find', 'search.example.com'],
  ['http://203.0.113.77/x', null],
  ['javascript:alert(1)', null],
  ['', null],
])('of the referrer %s only the host is kept: %s', (referrer, host) => expect(referrerHost(referrer)).toBe(host));

it('AJU-07: when a visit is read, nobody behind the parser sees the address', () => {
  const read = visit.parse({ domain: 'ajuni.io', path: '/', occurredAt: '2026-11-22T00:00:00Z', ip: '203.0.113.77' });
  expect(JSON.stringify(read)).not.toContain('203.0.113.77');
  expect(read.ip).toBe('203.0.113.0/24');
});
