import { addDuration, calendarOf, loadSamplePack, purposeOf } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { decisionFor } from '../consent-record/decision.js';

type Tenant = Parameters<typeof loadSamplePack>[0];

/** Until when a yes of that moment holds, by the tenant's own policy and calendar. */
function until(tenant: Tenant, purpose: string, given: string): string {
  const pack = loadSamplePack(tenant);
  const validity = purposeOf(pack, purpose)?.consentValidity?.value;
  if (!validity) throw new Error(`${tenant} has no validity for ${purpose}`);
  return addDuration(new Date(given), validity, calendarOf(pack)).toISOString();
}

describe('how long a consent holds', () => {
  it('Ajuni: marketing mail 24 months, analytics 13, by the calendar of Kolkata', () => {
    expect(until('ajuni', 'marketing_email', '2024-02-29T12:00:00Z')).toBe('2026-02-28T12:00:00.000Z');
    expect(until('ajuni', 'analytics', '2026-01-31T10:00:00Z')).toBe('2027-02-28T10:00:00.000Z');
    expect(until('ajuni', 'analytics', '2027-01-31T10:00:00Z')).toBe('2028-02-29T10:00:00.000Z');
    // 31 January begins at 18:30 UTC the day before: it is the month of the person's tenant that counts.
    expect(until('ajuni', 'analytics', '2026-01-30T19:00:00Z')).toBe('2027-02-27T19:00:00.000Z');
  });

  it('AuronX: marketing mail 18 months, analytics 12, by UTC', () => {
    expect(until('auronx', 'marketing_email', '2026-08-31T00:00:00Z')).toBe('2028-02-29T00:00:00.000Z');
    expect(until('auronx', 'analytics', '2024-02-29T23:59:59Z')).toBe('2025-02-28T23:59:59.000Z');
  });

  it('Askasia: marketing mail 24 months, analytics 12', () => {
    expect(until('askasia', 'marketing_email', '2026-02-28T09:00:00Z')).toBe('2028-02-28T09:00:00.000Z');
    expect(until('askasia', 'analytics', '2024-02-29T09:00:00Z')).toBe('2025-02-28T09:00:00.000Z');
  });

  it('Aurigen: marketing mail 24 months, analytics 12', () => {
    expect(until('aurigen', 'marketing_email', '2026-12-31T09:00:00Z')).toBe('2028-12-31T09:00:00.000Z');
    expect(until('aurigen', 'analytics', '2026-10-31T09:00:00Z')).toBe('2027-10-31T09:00:00.000Z');
  });

  it('AhuraSense: marketing mail 24 months, analytics 12, by UTC', () => {
    expect(until('ahurasense', 'marketing_email', '2024-02-29T09:00:00Z')).toBe('2026-02-28T09:00:00.000Z');
    expect(until('ahurasense', 'analytics', '2027-03-31T09:00:00Z')).toBe('2028-03-31T09:00:00.000Z');
  });

  it('ends also for a purpose, or a place, that the policy does not know any more', () => {
    const pack = loadSamplePack('ajuni');
    expect(decisionFor(pack, { purpose: 'abandoned', decision: 'expired' }, 'IN')).toEqual({ decision: 'expired', basis: null, purpose: undefined });
    expect(decisionFor(pack, { purpose: 'analytics', decision: 'expired' }, 'BR')).toMatchObject({ decision: 'expired', basis: null });
    expect(() => decisionFor(pack, { purpose: 'abandoned', decision: 'given' }, 'IN')).toThrow();
  });
});
