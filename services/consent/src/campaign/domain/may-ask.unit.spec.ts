import { calendarOf, loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { mayAsk } from './may-ask.js';
import type { Asking } from './may-ask.js';

const NO_AT = new Date('2026-01-31T10:00:00Z');
const asking = (more: Partial<Asking>): Asking => ({ state: undefined, since: undefined, validUntil: null, askedAt: null, outdated: false, ...more });
const pack = (tenant: Parameters<typeof loadSamplePack>[0]) => loadSamplePack(tenant);
const at = (tenant: Parameters<typeof loadSamplePack>[0], more: Partial<Asking>, now: string) =>
  mayAsk(asking(more), pack(tenant).consent.askAgainAfter.value, calendarOf(pack(tenant)), new Date(now));

describe('who said no is left alone for the period of the policy', () => {
  it('Ajuni: twelve months', () => {
    expect(pack('ajuni').consent.askAgainAfter.value).toBe('P12M');
    expect(at('ajuni', { state: 'refused', since: NO_AT }, '2027-01-31T09:59:59Z')).toEqual({ mayAsk: false, reason: 'refused', from: new Date('2027-01-31T10:00:00Z') });
    expect(at('ajuni', { state: 'refused', since: NO_AT }, '2027-01-31T10:00:00Z')).toMatchObject({ mayAsk: true, reason: 'period_over' });
  });

  it('AuronX: six months', () => {
    expect(pack('auronx').consent.askAgainAfter.value).toBe('P6M');
    expect(at('auronx', { state: 'withdrawn', since: NO_AT }, '2026-07-31T09:59:59Z')).toMatchObject({ mayAsk: false, from: new Date('2026-07-31T10:00:00Z') });
    expect(at('auronx', { state: 'withdrawn', since: NO_AT }, '2026-07-31T10:00:00Z')).toMatchObject({ mayAsk: true });
  });

  it('and after the period, once asked, again', () => {
    const askedAt = new Date('2027-02-01T10:00:00Z');
    expect(at('ajuni', { state: 'refused', since: NO_AT, askedAt }, '2027-06-01T10:00:00Z')).toMatchObject({ mayAsk: false, from: new Date('2028-02-01T10:00:00Z') });
  });
});

describe('who did not say no', () => {
  it('is asked when nobody ever did', () => expect(at('ajuni', {}, '2026-02-01T00:00:00Z')).toEqual({ mayAsk: true, reason: 'never_asked', from: null }));

  it('is not asked for what they agreed to, until it ends or the notice says something else', () => {
    const validUntil = new Date('2027-01-31T10:00:00Z');
    expect(at('ajuni', { state: 'given', since: NO_AT, validUntil }, '2026-12-01T00:00:00Z')).toEqual({ mayAsk: false, reason: 'given', from: validUntil });
    expect(at('ajuni', { state: 'given', since: NO_AT, validUntil }, '2027-02-01T00:00:00Z')).toMatchObject({ mayAsk: true, reason: 'expired' });
    expect(at('ajuni', { state: 'given', since: NO_AT, validUntil, outdated: true }, '2026-12-01T00:00:00Z')).toMatchObject({ mayAsk: true, reason: 'notice_changed' });
  });

  it('has a month of peace after a question', () => {
    for (const more of [{ state: 'requested', since: NO_AT } as const, { state: 'given', since: new Date('2025-01-01T00:00:00Z'), outdated: true } as const]) {
      expect(at('ajuni', { ...more, askedAt: NO_AT }, '2026-02-27T00:00:00Z')).toMatchObject({ mayAsk: false, reason: 'asked_recently', from: new Date('2026-02-28T10:00:00Z') });
      expect(at('ajuni', { ...more, askedAt: NO_AT }, '2026-02-28T10:00:00Z')).toMatchObject({ mayAsk: true });
    }
  });

  it('an answer ends the question: what was asked before it does not count', () => {
    expect(at('ajuni', { state: 'expired', since: new Date('2026-02-02T00:00:00Z'), askedAt: NO_AT }, '2026-02-03T00:00:00Z')).toMatchObject({ mayAsk: true, reason: 'expired' });
  });
});
