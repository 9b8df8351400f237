import { expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import { cookieClasses, purposesOfCookies } from './cookies.js';
import { networkBitsOf } from './queries.js';

const gates = (tenant: Parameters<typeof loadSamplePack>[0]): readonly (readonly string[])[] => cookieClasses(loadSamplePack(tenant)).map((c) => [c.class, c.gate, c.responsible]);

it('ASK-16: session cookies are essential, and always set', () => {
  expect(cookieClasses(loadSamplePack('askasia'))[0]).toEqual({ class: 'essential', gate: 'always', responsible: 'controller', source: 'ASK-16' });
});

it("ASK-17: analytics cookies wait for the partner's configuration and the person's consent", () => {
  expect(cookieClasses(loadSamplePack('askasia'))[1]).toEqual({ class: 'analytics', gate: 'configured_and_consent', responsible: 'partner', source: 'ASK-17' });
});

it('AJU-08: analytics cookies wait for consent', () => {
  const ajuni = loadSamplePack('ajuni');
  expect(cookieClasses(ajuni)[1]).toEqual({ class: 'analytics', gate: 'consent', responsible: 'controller', source: 'AJU-08' });
  expect(purposesOfCookies(ajuni, 'analytics')).toEqual(['analytics']);
});

it('a policy without the section has the classes of its purposes, and always the essential one', () => {
  expect(gates('aurigen')).toEqual([['essential', 'always', 'controller'], ['analytics', 'consent', 'controller']]);
  expect(gates('ahurasense')).toEqual([['essential', 'always', 'controller']]);
});

it('AJU-07: addresses lose their last 8 and 80 bits', () => {
  expect(networkBitsOf(loadSamplePack('ajuni'))).toEqual({ ipv4: 24, ipv6: 48, source: 'AJU-07' });
});

it('AUR-03: addresses are as coarse', () => {
  expect(networkBitsOf(loadSamplePack('aurigen'))).toEqual({ ipv4: 24, ipv6: 48, source: 'AUR-03' });
});

it('a policy that promises nothing of addresses keeps no more of them', () => {
  expect(networkBitsOf(loadSamplePack('askasia'))).toEqual({ ipv4: 24, ipv6: 48 });
});
