import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSamplePack, SAMPLE_TENANTS, type SampleTenant } from '../files/sample-packs.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { addDuration, toBusinessDay } from './add-duration.js';
import { calendarOf } from './calendar.js';
import { extendDue } from './extension.js';
import { policyChangeEarliest } from './policy-change.js';
import { requestClocks } from './request-clocks.js';

const packs = Object.fromEntries(SAMPLE_TENANTS.map((t) => [t, loadSamplePack(t)])) as Record<SampleTenant, PolicyPack>;
const at = (iso: string): Date => new Date(iso);
const clocks = (pack: PolicyPack, receivedAt: string, jurisdiction?: string): ReturnType<typeof requestClocks> =>
  requestClocks({ pack, jurisdiction, receivedAt: at(receivedAt) });

describe('deadlines of a request', () => {
  it('AJU-39: a request received on Friday evening is to be acknowledged by Tuesday', () => {
    // 18:00 in Gurugram.
    const { acknowledgeBy, sources } = clocks(packs.ajuni, '2026-11-20T12:30:00Z');
    expect(acknowledgeBy).toEqual(at('2026-11-24T12:30:00Z'));
    expect(sources.acknowledgeBy).toBe('AJU-39');
  });

  it('AJU-39: a holiday of the tenant is no business day', () => {
    // Dussehra, Tuesday 20 October 2026, stands in the pack only.
    expect(clocks(packs.ajuni, '2026-10-19T04:00:00Z').acknowledgeBy).toEqual(at('2026-10-22T04:00:00Z'));
  });

  it('AJU-40: a request is due after thirty days in India, whose law names no number', () => {
    expect(clocks(packs.ajuni, '2026-11-20T12:30:00Z')).toMatchObject({
      due: at('2026-12-20T12:30:00Z'),
      sources: { due: 'AJU-40' },
    });
  });

  it('AJU-40: thirty days, unless the month of the law ends before them', () => {
    const february = clocks(packs.ajuni, '2028-01-30T09:00:00Z', 'EU');
    expect(february).toMatchObject({ due: at('2028-02-29T09:00:00Z'), sources: { due: 'AJU-40' } });
    const short = clocks(packs.ajuni, '2027-01-29T09:00:00Z', 'EU');
    // 29 January + 30 days = 28 February; the month's end, a Sunday, moves to 1 March.
    expect(short).toMatchObject({ due: at('2027-02-28T09:00:00Z'), sources: { due: 'AJU-40' } });
    const law = clocks(packs.ajuni, '2027-01-31T09:00:00Z', 'EU');
    expect(law).toMatchObject({ due: at('2027-03-01T09:00:00Z'), sources: { due: 'GDPR 12(3)' } });
  });

  it('AUR-14: thirty days, or the month of the law where it is shorter', () => {
    expect(clocks(packs.aurigen, '2026-06-01T09:00:00Z')).toMatchObject({ due: at('2026-07-01T09:00:00Z'), sources: { due: 'AUR-14' } });
    expect(clocks(packs.aurigen, '2027-01-31T09:00:00Z', 'UK').sources.due).toBe('UK GDPR 12(3)');
  });

  it('ASK-15: thirty days, or the month of the law where it is shorter', () => {
    expect(clocks(packs.askasia, '2026-06-01T09:00:00Z')).toMatchObject({ due: at('2026-07-01T09:00:00Z'), sources: { due: 'ASK-15' } });
    expect(clocks(packs.askasia, '2027-01-31T09:00:00Z', 'EU').sources.due).toBe('GDPR 12(3)');
  });

  it.each(['ahurasense', 'auronx'] as const)('%s promises no number, and nothing pretends that it does', (tenant) => {
    expect(clocks(packs[tenant], '2026-11-20T12:30:00Z').sources).toEqual({
      acknowledgeBy: 'operator_default',
      due: 'operator_default',
    });
    expect(clocks(packs[tenant], '2027-01-31T09:00:00Z', 'EU').sources.due).toBe('GDPR 12(3)');
  });

  it('a law holds even where the pack is silent about the place', () => {
    const slow = structuredClone(packs.ajuni);
    slow.clocks.resolve = { value: 'P90D', source: 'operator_default' };
    slow.clocks.acknowledge = { value: 'P20BD', source: 'operator_default' };
    expect(clocks(slow, '2026-11-20T12:30:00Z', 'US-CA').sources).toEqual({
      acknowledgeBy: 'CCPA Regs 7021(a)',
      due: 'CCPA 1798.130(a)(2)',
    });
    expect(clocks(slow, '2026-11-20T12:30:00Z', 'DE').sources.due).toBe('GDPR 12(3)');
    expect(clocks(slow, '2026-11-20T12:30:00Z', 'GB').sources.due).toBe('UK GDPR 12(3)');
    expect(clocks(slow, '2026-11-20T12:30:00Z', 'ZZ').sources.due).toBe('operator_default');
  });

  it('the law may begin later than the policy, when identity is proven later', () => {
    const late = { pack: packs.aurigen, jurisdiction: 'UK', receivedAt: at('2027-01-31T09:00:00Z'), lawFrom: at('2027-02-20T09:00:00Z') };
    expect(requestClocks(late)).toMatchObject({ due: at('2027-03-02T09:00:00Z'), sources: { due: 'AUR-14' } });
  });

  it('never exceeds the promise or the law', () => {
    const received = fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2040-12-31T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLE_TENANTS), fc.constantFrom('IN', 'EU', 'UK', 'US-CA', undefined), received, (tenant, jurisdiction, receivedAt) => {
        const pack = packs[tenant];
        const calendar = calendarOf(pack);
        const { due, acknowledgeBy } = requestClocks({ pack, jurisdiction, receivedAt });
        const promised = addDuration(receivedAt, pack.clocks.resolve.value, calendar);
        const month = toBusinessDay(addDuration(receivedAt, 'P1M', calendar), calendar);
        expect(due.getTime()).toBeLessThanOrEqual(promised.getTime());
        if (jurisdiction === 'EU' || jurisdiction === 'UK') expect(due.getTime()).toBeLessThanOrEqual(month.getTime());
        expect(due > receivedAt && acknowledgeBy !== undefined && acknowledgeBy > receivedAt).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('extending a request', () => {
  const receivedAt = at('2026-11-20T12:30:00Z');
  const due = at('2026-12-20T12:30:00Z');
  const ask = { pack: packs.ajuni, receivedAt, due, extensionsUsed: 0, reason: 'three archives to search', now: at('2026-12-01T00:00:00Z') };

  it('AJU-41: thirty further days, once, with a reason, before the deadline', () => {
    expect(extendDue(ask)).toEqual({ ok: true, due: at('2027-01-19T12:30:00Z'), source: 'AJU-41' });
    expect(extendDue({ ...ask, extensionsUsed: 1 })).toMatchObject({ ok: false, code: 'extension_used_up', promise: 'AJU-41' });
    expect(extendDue({ ...ask, reason: '  ' })).toMatchObject({ ok: false, code: 'extension_reason_missing', promise: 'AJU-41' });
    expect(extendDue({ ...ask, now: due })).toMatchObject({ ok: false, code: 'extension_too_late', promise: 'AJU-41' });
  });

  it('AJU-41: the GDPR would give two months, the policy gives thirty days', () => {
    expect(extendDue({ ...ask, jurisdiction: 'EU' })).toMatchObject({ ok: true, due: at('2027-01-19T12:30:00Z'), source: 'AJU-41' });
  });

  it('the law bounds a policy that allows itself more', () => {
    const slow = structuredClone(packs.ajuni);
    slow.clocks.extension = { count: 2, duration: 'P120D', reasonRequired: true, source: 'operator_default' };
    // 20 November + 3 months = Saturday 20 February, which moves to Monday.
    expect(extendDue({ ...ask, pack: slow, jurisdiction: 'EU' })).toEqual({ ok: true, due: at('2027-02-22T12:30:00Z'), source: 'GDPR 12(3)' });
    const used = { ...ask, pack: slow, jurisdiction: 'EU', due: at('2027-02-22T12:30:00Z'), extensionsUsed: 1 };
    expect(extendDue(used)).toMatchObject({ ok: false, code: 'extension_gains_nothing' });
  });

  it('a policy without an extension has none', () => {
    expect(extendDue({ ...ask, pack: packs.askasia })).toMatchObject({ ok: false, code: 'extension_not_promised' });
  });

  it('ends after the old deadline and never after the bounds', () => {
    const date = fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2040-12-31T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.constantFrom('IN', 'EU'), (received, jurisdiction) => {
        const pack = packs.ajuni;
        const calendar = calendarOf(pack);
        const first = requestClocks({ pack, jurisdiction, receivedAt: received }).due;
        const longer = extendDue({ pack, jurisdiction, receivedAt: received, due: first, extensionsUsed: 0, reason: 'x', now: received });
        if (!longer.ok) throw new Error(longer.code);
        expect(longer.due > first).toBe(true);
        expect(longer.due <= addDuration(first, 'P30D', calendar)).toBe(true);
        if (jurisdiction === 'EU') expect(longer.due <= toBusinessDay(addDuration(received, 'P3M', calendar), calendar)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('lead time of a policy change', () => {
  const deliveredAt = at('2026-11-21T10:00:00Z');

  it('AJU-56: takes effect thirty days after delivery at the earliest', () => {
    expect(policyChangeEarliest({ pack: packs.ajuni, deliveredAt })).toEqual({ earliest: at('2026-12-21T10:00:00Z'), source: 'AJU-56' });
  });

  it.each(['aurigen', 'askasia', 'ahurasense', 'auronx'] as const)('%s promised no lead time and gets none', (tenant) => {
    expect(policyChangeEarliest({ pack: packs[tenant], deliveredAt })).toBeUndefined();
  });
});
