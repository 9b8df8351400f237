import { expect, it } from 'vitest';
import { scrub } from './logger.js';

it.each([
  ['connect ECONNREFUSED 203.0.113.77:5432', 'connect ECONNREFUSED 203.0.113.0/24:5432'],
  ['invalid input syntax for type inet: "203.0.113.77"', 'invalid input syntax for type inet: "203.0.113.0/24"'],
  ['host:203.0.113.77/32 is gone, as is 198.51.100.9.', 'host:203.0.113.0/24 is gone, as is 198.51.100.0/24.'],
  ['from 2001:db8:1:2::9 port 1', 'from 2001:db8:1::/48 port 1'],
  ['from ::ffff:203.0.113.77', 'from 203.0.113.0/24'],
  ['fe80::1ff:fe23:4567:890a%eth0 is down', 'fe80::/48 is down'],
])('AJU-07: of an address in a foreign message only its network is logged: %s', (text, logged) => {
  expect(scrub(text)).toBe(logged);
});

it.each(['at 10:00:00 nothing', 'version 1.2.3.4.5', 'x::y is a path', 'heed.consent.events.v1'])('%s is no address and stays', (text) => {
  expect(scrub(text)).toBe(text);
});
