import { describe, expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import { ageLimits, ageOfConsent, childPromise } from './age-of-consent.js';

const DAY = '2026-11-22';
const [ajuni, askasia, aurigen, auronx] = [loadSamplePack('ajuni'), loadSamplePack('askasia'), loadSamplePack('aurigen'), loadSamplePack('auronx')];

describe('from which age on a person decides alone', () => {
  it('AJU-24: 18 everywhere, as the policy says', () => {
    expect(ageOfConsent(ajuni, 'EU', DAY)).toEqual({ years: 18, source: 'AJU-24', promised: true });
    expect(ageOfConsent(ajuni, undefined, DAY)).toEqual({ years: 18, source: 'AJU-24', promised: true });
  });

  it('ASK-21: 16 by the policy, and 18 in India by its law', () => {
    expect(ageOfConsent(askasia, 'EU', DAY)).toEqual({ years: 16, source: 'ASK-21', promised: true });
    expect(ageOfConsent(askasia, 'IN', DAY)).toEqual({ years: 18, source: 'DPDP 2(f)', promised: false });
    expect(ageOfConsent(askasia, 'IN', '2027-05-14')).toMatchObject({ years: 18, source: 'DPDP 9(1)' });
  });

  it('AUR-32: 18 although the policy names no age, also in the United Kingdom whose law says 13', () => {
    expect(ageOfConsent(aurigen, 'GB', DAY)).toMatchObject({ years: 18, promised: true });
  });

  it('the law alone where the policy is silent, and the strictest where nobody knows the law', () => {
    expect(ageOfConsent(auronx, 'DE', DAY)).toEqual({ years: 16, source: 'GDPR 8(1)', promised: false });
    expect(ageOfConsent(auronx, 'GB', DAY).years).toBe(13);
    expect(ageOfConsent(auronx, 'US-CA', DAY)).toMatchObject({ years: 16, source: 'CCPA 1798.120(c)' });
    expect(ageOfConsent(auronx, 'BR', DAY).years).toBe(18);
  });

  it('the limits that matter are those of the laws and of the policy', () => {
    expect(ageLimits(askasia)).toEqual([13, 16, 18]);
    expect(ageLimits({ ...ajuni, children: { ...ajuni.children!, minAge: { value: 21, source: 'AJU-24' } } })).toEqual([13, 16, 18, 21]);
  });

  it('the promise that forbids it is named', () => {
    expect([childPromise(ajuni, true), childPromise(ajuni, false)]).toEqual(['AJU-25', 'AJU-24']);
    expect([childPromise(askasia, true), childPromise(aurigen, true), childPromise(auronx, true)]).toEqual(['ASK-21', 'AUR-32', undefined]);
  });
});
