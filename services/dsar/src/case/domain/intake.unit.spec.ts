import { loadSamplePack, SAMPLE_TENANTS } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { arrivedAt, checkType } from './intake.js';

describe('what may be asked', () => {
  it.each(SAMPLE_TENANTS)('%s: an erasure, and nothing that could not be carried out', (tenant) => {
    const pack = loadSamplePack(tenant);
    expect(() => checkType(pack, 'erase')).not.toThrow();
    expect(() => checkType(pack, 'access')).toThrow(expect.objectContaining({ code: 'request_type_not_served' }));
  });

  it('only what the policy offers', () => {
    const pack = loadSamplePack('ajuni');
    const silent = { ...pack, requests: { ...pack.requests, types: [] } };
    expect(() => checkType(silent, 'erase')).toThrow(expect.objectContaining({ code: 'request_type_not_offered' }));
  });
});

describe('when a request arrived', () => {
  const now = new Date('2026-11-21T10:00:00Z');
  it.each([
    ['as the publisher says', '2026-11-21T09:00:00Z', '2026-11-21T09:00:00.000Z'],
    ['not in the future', '2026-11-21T11:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['not before the topic begins', '2020-01-01T00:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['now, where nothing is said', '1970-01-01T00:00:00Z', '2026-11-21T10:00:00.000Z'],
  ])('%s', (_, reported, expected) => {
    expect(arrivedAt(new Date(reported), now).toISOString()).toBe(expected);
  });
});
